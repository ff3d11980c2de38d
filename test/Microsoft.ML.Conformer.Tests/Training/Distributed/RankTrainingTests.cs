using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

/// <summary>Several processes that train one network, started by mpirun (test/Training.App).</summary>
[TestClass]
[DoNotParallelize] // a rank ends at moments that last milliseconds, which a busy machine misses
public sealed partial class RankTrainingTests
{
    /// <summary>How long the others may go on after one has failed.</summary>
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(30); // 10 on a machine that is not busy

    private static readonly string _app = BuiltApp.Find("TrainingApp");

    [TestMethod]
    public void WithoutBatchNormTwoRanksTrainAsOneProcessWithBatchesOfBoth()
    {
        using var folder = new TemporaryFolder();
        var two = Mpirun.Run(Twice("plain", "3", "24", folder.File("two")));
        var one = ChildProcess.Run(ChildProcess.DotNet(_app, "plain", "6", "24", folder.File("one")));

        Assert.AreEqual(0, two.ExitCode, string.Join('\n', two.Lines));
        Assert.AreEqual(0, one.ExitCode, one.Error);
        var (first, second, alone) = (Weights("two.0"), Weights("two.1"), Weights("one.0"));
        CollectionAssert.AreEqual(first, second, "20 steps, and the ranks began with weights of their own");
        var worst = first.Zip(alone, (ours, theirs) => Math.Abs(ours - theirs)).Max();
        Assert.IsLessThan(1e-5, worst);
        var validations = two.Lines.Where(line => line.StartsWith("validation", StringComparison.Ordinal)).ToList();
        Assert.HasCount(5, validations, "of rank 0 alone, one for each epoch of four steps");
        var ofOne = one.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(5, ofOne);
        foreach (var (ours, theirs) in validations.Zip(ofOne))
        {
            Assert.HasCount(3, Figures(ours));
            foreach (var (figure, expected) in Figures(ours).Zip(Figures(theirs)))
                Assert.AreEqual(expected, figure, 1e-5);
        }

        float[] Weights(string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(folder.File(name))).ToArray();

        static IEnumerable<double> Figures(string line) =>
            line.Split(' ').Skip(1).Select(figure => double.Parse(figure, CultureInfo.InvariantCulture));
    }

    /// <summary>An epoch of 10 images on three ranks is one batch of four each; two validation images are a batch of one rank.</summary>
    [TestMethod]
    [DataRow(3, "images=10", "validation=2", "epochs=3")]
    [DataRow(2, "images=21", "validation=0", "batch=4", "mix=1", "micro=2", "bf16=BFloat16", "scale=8")]
    public void AllRanksReturnTheSameModel(int ranks, params string[] arguments)
    {
        var run = Mpirun.Run([.. Enumerable.Repeat((string[])["ranks", .. arguments], ranks)]);

        Assert.AreEqual(0, run.ExitCode, string.Join('\n', run.Lines));
        var results = Results(run.Lines);
        CollectionAssert.AreEqual(
            Enumerable.Range(0, ranks).Select(rank => $"{rank} of {ranks}").ToArray(), results.Select(result => result.Rank).ToArray());
        Assert.HasCount(1, results.Select(result => result.Model).Distinct(), string.Join('\n', run.Lines));
        Assert.AreEqual(1, run.Lines.Count(line => line.StartsWith("log: Trained on", StringComparison.Ordinal)), "rank 0 alone logs");
    }

    [TestMethod]
    public void KilledWhileACheckpointIsWrittenAndResumedTheyEndAsUninterrupted()
    {
        using var folder = new TemporaryFolder();
        var (whole, resumed) = (Arguments("whole"), Arguments("resumed"));
        var expected = Results(Mpirun.Run(whole, whole).Lines);

        var half = Path.Combine(folder.File("resumed"), "step-0000001*.partial");
        var killed = Mpirun.Run([.. resumed, "fault=kill", $"when={half}"], resumed);
        var again = Mpirun.Run(resumed, resumed);

        Assert.AreNotEqual(0, killed.ExitCode);
        Assert.IsEmpty(Results(killed.Lines));
        Assert.AreEqual(0, again.ExitCode, string.Join('\n', again.Lines));
        CollectionAssert.AreEqual(expected, Results(again.Lines));
        Assert.DoesNotContain("progress: epoch 1 ", string.Join('\n', again.Lines), "it was done before");

        string[] Arguments(string checkpoints) => ["ranks", "epochs=3", $"checkpoints={folder.File(checkpoints)}"];
    }

    [TestMethod]
    public void OtherRanksGoOnFromACheckpointAndSaySo()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["ranks", "epochs=3", $"checkpoints={folder.File("c")}"];
        var killed = Mpirun.Run(KilledAt(6), arguments);
        Assert.AreNotEqual(0, killed.ExitCode);

        var three = Mpirun.Run(KilledAt(10), arguments, arguments);
        var one = ChildProcess.Run(ChildProcess.DotNet([_app, .. arguments]));

        StringAssert.Contains(string.Join('\n', three.Lines), "begun with 2 ranks and goes on with 3");
        Assert.AreEqual(0, one.ExitCode, one.Output);
        StringAssert.Contains(one.Output, "begun with 3 ranks and goes on with 1");
        Assert.HasCount(3, Results(one.Output.Split('\n'))[0].Model.Split("accuracies ")[1].Trim().Split(' '));

        string[] KilledAt(int step) => [.. arguments, "fault=kill", $"when={Path.Combine(folder.File("c"), $"step-{step:D8}.json")}"];
    }

    /// <summary>Each rank computes its part of a frozen network's features, and all train the heads on all.</summary>
    [TestMethod]
    public void HeadsAreTrainedOnFeaturesThatTheRanksComputeInParts()
    {
        using var folder = new TemporaryFolder();
        var weights = folder.File("weights.safetensors");
        Alone("save=" + weights);
        string[] frozen = ["images=24", "freeze=2", $"weights={weights}", "epochs=4"];
        var two = Mpirun.Run(Twice(["ranks", "batch=3", .. frozen]));
        Assert.AreEqual(0, two.ExitCode, string.Join('\n', two.Lines));
        Assert.HasCount(1, Results(two.Lines).Select(result => result.Model).Distinct());
        var (ours, theirs) = (Losses(two.Lines), Losses(Alone(["batch=6", .. frozen]).Split('\n')));
        Assert.HasCount(4, ours);
        Assert.HasCount(4, theirs);
        foreach (var (loss, expected) in ours.Zip(theirs))
            Assert.AreEqual(expected, loss, 1e-5);

        static string Alone(params string[] arguments)
        {
            var run = ChildProcess.Run(ChildProcess.DotNet([_app, "ranks", .. arguments]));
            Assert.AreEqual(0, run.ExitCode, run.Output + run.Error);
            return run.Output;
        }

        static List<double> Losses(IEnumerable<string> lines) =>
        [
            .. lines.Select(line => EpochLoss().Match(line)).Where(match => match.Success)
                .Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];
    }

    [TestMethod]
    [DataRow("batch=5", "BatchSize is 4 on rank 0, 5 on rank 1")]
    [DataRow("images=38", "rank 0 has 40 rows, rank 1 has 38 rows")]
    public void DifferentOptionsAreToldOnEveryRank(string other, string expected)
    {
        var run = Mpirun.Run(["ranks"], ["ranks", other]);

        Assert.AreNotEqual(0, run.ExitCode);
        Assert.AreEqual(
            2, run.Lines.Count(line => line.Contains(expected, StringComparison.Ordinal)), string.Join('\n', run.Lines));
    }

    [TestMethod]
    [DataRow("throw", "error: RankFailedException: Rank 1 failed: the photo is broken")]
    [DataRow("cancelReading", "error: OperationCanceledException: ")]
    public void ARankThatFailsOrIsCanceledWhileImagesAreReadEndsAll(string fault, string expected)
    {
        var run = Mpirun.Run(["ranks"], ["ranks", $"fault={fault}"]);

        Assert.AreNotEqual(0, run.ExitCode);
        Assert.IsTrue(run.Lines.Any(line => line.StartsWith(expected, StringComparison.Ordinal)), string.Join('\n', run.Lines));
    }

    [TestMethod]
    public void CanceledOnAnyRankAllReturnTheBestModelSoFarWhereTheOptionsSaySo()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["ranks", "epochs=1000", "onCancel=ReturnBest", $"checkpoints={folder.File("c")}"];

        var run = Mpirun.Run(
            arguments, [.. arguments, "fault=cancel", $"when={Path.Combine(folder.File("c"), "step-00000010.json")}"]);

        Assert.AreEqual(0, run.ExitCode, string.Join('\n', run.Lines));
        var results = Results(run.Lines);
        Assert.HasCount(2, results);
        Assert.AreEqual(results[0].Model, results[1].Model);
        StringAssert.Contains(results[0].Model, "end Canceled");
    }

    [TestMethod]
    [DataRow("kill", null)]
    [DataRow("cancel", "error: OperationCanceledException")]
    [DataRow("stop", "does not answer")]
    public void ARankThatIsKilledCanceledOrStoppedInTrainingEndsAllWithTheLastCheckpointIntact(string fault, string? expected)
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["ranks", "epochs=1000", $"checkpoints={folder.File("c")}", .. fault == "stop" ? (string[])["timeout=6"] : []];
        var begun = Path.Combine(folder.File("c"), "step-00000010.json");
        var run = Mpirun.Run(arguments, [.. arguments, $"fault={fault}", $"when={begun}"]);
        var ended = DateTime.UtcNow;

        Assert.AreNotEqual(0, run.ExitCode);
        var lines = string.Join('\n', run.Lines);
        if (expected is not null)
            StringAssert.Contains(lines, expected);
        var last = Directory.EnumerateFiles(folder.File("c"), "step-*.json").MaxBy(File.GetLastWriteTimeUtc)!;
        if (fault != "stop")
            Assert.IsLessThan(_endLimit, ended - File.GetLastWriteTimeUtc(last), lines);
        if (fault != "kill")
            return;
        var after = int.Parse(Path.GetFileNameWithoutExtension(last)["step-".Length..], CultureInfo.InvariantCulture) + 3;
        var again = ChildProcess.Run(ChildProcess.DotNet(
            [_app, .. arguments, "fault=cancel", $"when={Path.Combine(folder.File("c"), $"step-{after:D8}.json")}"]));
        Assert.DoesNotContain("passed over", again.Output);
        StringAssert.Contains(again.Output, "goes on with 1");
    }

    /// <summary>In a file system of 5 MB, for 14 MB of decoded images.</summary>
    [TestMethod]
    public void AFullDiskEndsAll()
    {
        using var folder = new TemporaryFolder();
        string[] onSmallDisk =
            ["unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=5m none \"$0\" && exec \"$@\"", folder.Path];
        Mpirun.EnsureInstalled();
        if (ChildProcess.Run(new(onSmallDisk[0], [.. onSmallDisk[1..], "true"])).ExitCode != 0)
            Assert.Inconclusive("This system makes no file systems for users.");
        var run = Mpirun.Command(["-n", "2", .. Mpirun.Program("ranks", "images=3000", $"cache={folder.Path}")], onSmallDisk);

        Assert.AreNotEqual(0, run.ExitCode);
        StringAssert.Contains(string.Join('\n', run.Lines), $"cannot be written to the folder '{folder.Path}'");
    }

    /// <summary>One MPI serves the search for a learning rate and the training after it.</summary>
    [TestMethod]
    public void RanksFindALearningRateTogetherAndTrainAfterwards()
    {
        var run = Mpirun.Run(Twice("ranks", "images=21", "find=1", "epochs=1"));

        Assert.AreEqual(0, run.ExitCode, string.Join('\n', run.Lines));
        var losses = run.Lines.Where(line => line.StartsWith("losses: ", StringComparison.Ordinal)).ToList();
        Assert.HasCount(2, losses);
        Assert.AreEqual(losses[0], losses[1]);
        Assert.HasCount(1, Results(run.Lines).Select(result => result.Model).Distinct());
    }

    [TestMethod]
    public void OffTrainsAlone()
    {
        var run = Mpirun.Run(["ranks", "distributed=Off"], ["ranks", "distributed=Off", "seed=1"]);

        Assert.AreEqual(0, run.ExitCode, string.Join('\n', run.Lines));
        Assert.HasCount(2, Results(run.Lines).Where(result => result.Rank == "0 of 1").Select(result => result.Model).Distinct());
    }

    private static string[][] Twice(params string[] arguments) => [arguments, arguments];

    /// <summary>What the ranks print at the end, in their order.</summary>
    private static List<(string Rank, string Model)> Results(IEnumerable<string> lines) =>
    [
        .. lines.Select(line => Result().Match(line)).Where(match => match.Success)
            .Select(match => (Rank: match.Groups[1].Value, Model: match.Groups[2].Value)).OrderBy(result => result.Rank),
    ];

    [GeneratedRegex("^progress: .* validation (\\d.*)")]
    private static partial Regex EpochLoss();

    [GeneratedRegex("^result: rank (\\d+ of \\d+) (weights .*)")]
    private static partial Regex Result();
}
