namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

/// <summary>What three ranks compute together (test/Training.App), and what becomes of them where one of them does something else.</summary>
[TestClass]
public sealed class MpiCollectiveTests
{
    [TestMethod]
    public void RanksSumSendAndGather()
    {
        var run = Run("null");

        Assert.AreEqual(0, run.ExitCode, string.Join('\n', run.Lines));
        for (var rank = 0; rank < 3; rank++)
            CollectionAssert.Contains(run.Lines, $"rank {rank} of 3, 3 on this machine: done");
        // Open MPI leaves the signals alone by which .NET knows a null reference.
        CollectionAssert.Contains(run.Lines, "caught");
    }

    [TestMethod]
    [DataRow("throw", "RankFailedException: Rank 2 failed: the photo is broken")]
    [DataRow("hang", "for the other ranks at the sum: rank 2 has not come to it since the bytes")]
    public void TheOthersAreToldWhy(string fault, string expected)
    {
        var run = Run(fault);

        Assert.AreNotEqual(0, run.ExitCode);
        // mpirun kills the others as soon as one of them has ended, which may be before they say so too.
        Assert.IsTrue(
            run.Lines.Any(line => (line.StartsWith("rank 0: ", StringComparison.Ordinal) ||
                line.StartsWith("rank 1: ", StringComparison.Ordinal)) && line.Contains(expected, StringComparison.Ordinal)),
            string.Join('\n', run.Lines));
    }

    [TestMethod]
    [DataRow("leave")]
    [DataRow("kill")]
    public void ARankThatEndsEndsAll(string fault)
    {
        var run = Run(fault);

        Assert.AreNotEqual(0, run.ExitCode);
        Assert.DoesNotContain("done", string.Join('\n', run.Lines));
        Assert.IsLessThan(TimeSpan.FromSeconds(50), run.Time, "the others wait 60 for it"); // 10 on a machine that is not busy
    }

    private static (int ExitCode, string[] Lines, TimeSpan Time) Run(string fault) =>
        Mpirun.Run([.. Enumerable.Repeat((string[])["collective", fault], 3)]);
}
