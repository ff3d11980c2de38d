using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;

namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

/// <summary>What needs no processes: who is a rank, what ranks compare, and where they go on.</summary>
[TestClass]
public sealed class RankGroupTests
{
    [TestMethod]
    public void MpirunTellsAProcessWhichRankItIs()
    {
        var launched = Read(
            "OMPI_COMM_WORLD_SIZE=16", "OMPI_COMM_WORLD_RANK=9", "OMPI_COMM_WORLD_LOCAL_RANK=1");

        Assert.AreEqual(new LaunchedRank(Rank: 9, Size: 16, LocalRank: 1), launched);
    }

    [TestMethod]
    [DataRow]
    [DataRow("OMPI_COMM_WORLD_SIZE=1", "OMPI_COMM_WORLD_RANK=0")]
    [DataRow("OMPI_COMM_WORLD_SIZE=many")]
    [DataRow("PMI_SIZE=1")]
    [DataRow("SLURM_STEP_NUM_TASKS=4")]
    [DataRow("PMIX_RANK=0", "SLURM_STEP_NUM_TASKS=1")]
    public void WithoutOthersAProcessTrainsAlone(params string[] variables) => Assert.IsNull(Read(variables));

    [TestMethod]
    [DataRow("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE=2")]
    [DataRow("openmpi-bin", "PMI_SIZE=4")]
    [DataRow("mpirun", "PMIX_RANK=1", "SLURM_STEP_NUM_TASKS=4")]
    public void OtherWaysToStartAreToldApart(string expected, params string[] variables) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Read(variables)).Message, expected);

    [TestMethod]
    public void RanksThatDifferAreToldInWhat()
    {
        var results = ThreadGroup.Run(3, all =>
        {
            RankComparison.EnsureSame(all, () => new Dictionary<string, string>
            {
                ["Seed"] = "1",
                ["BatchSize"] = all.Rank == 1 ? "16" : "32",
                [all.Rank == 2 ? "Other" : "Same"] = "x",
            });
            return true;
        });

        foreach (var (_, error) in results)
        {
            StringAssert.Contains(error!.Message, "BatchSize is 32 on ranks 0, 2, 16 on rank 1");
            StringAssert.Contains(error.Message, "Other is nothing on ranks 0, 1, x on rank 2");
            Assert.DoesNotContain("Seed", error.Message);
        }
    }

    [TestMethod]
    public void RanksThatAreAlikeGoOn() => CollectionAssert.AreEqual(
        new[] { true, true },
        ThreadGroup.Results(2, all =>
        {
            RankComparison.EnsureSame(all, () => new Dictionary<string, string> { ["Seed"] = "1" });
            return true;
        }));

    /// <summary>Epochs of 100 images in batches of 5: 10 steps of two ranks, 5 of four, 20 of one.</summary>
    [TestMethod]
    [DataRow(2, 10, 7, 7)]
    [DataRow(4, 5, 7, 3)]
    [DataRow(1, 20, 7, 14)]
    [DataRow(4, 5, 0, 0)]
    [DataRow(1, 20, 7, 14, 0)]
    public void AnEpochGoesOnAfterAsManyImagesOrFewer(int ranks, int batchCount, int step, int expected, int epoch = 3)
    {
        var saved = new TrainingState
        {
            Ranks = 2,
            Epoch = epoch,
            Step = step,
            Steps = (epoch * 10) + step,
            Images = step * 10,
            LossSum = step * 0.5,
            Threads = 1,
            TimesPerImage = [.. Enumerable.Repeat(TimeSpan.Zero, epoch)],
        };

        var state = saved.For(ranks, batchCount);

        Assert.AreEqual(expected, state.Step);
        Assert.AreEqual(saved.Steps, state.Steps, "as many as the weights have taken");
        Assert.IsNull(state.Fault(batchCount));
        Assert.IsLessThanOrEqualTo(saved.Images, state.Images);
        Assert.AreEqual(expected * 0.5, state.LossSum, 1e-12);
    }

    [TestMethod]
    public void AStateOfNoRanksIsNone() =>
        Assert.AreEqual("Ranks is 0; it must be at least 1.", new TrainingState { Ranks = 0, Threads = 1 }.For(2, 10).Fault(10));

    private static LaunchedRank? Read(params string[] variables) => LaunchedRank.Read(variables
        .Select(variable => variable.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]).GetValueOrDefault);
}
