using Conformer.Cli.Sweeping.Report;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class TrialsCsvTests
{
    [TestMethod]
    public void HasAColumnForEachSweptOptionAndQuotesWhatNeedsIt()
    {
        var csv = TrialsCsv.Format(SweptTrials.Three);
        var lines = csv.Split("\r\n");
        Assert.AreEqual("trial,outcome,metric,loss,epochs_trained,seconds,started_utc,batch-size,learning-rate,variant,error", lines[0]);
        Assert.AreEqual("0,Finished,0.75,-0.75,2,1.5,2020-01-02T03:04:05,32,0.0005,Tiny,", lines[1]);
        Assert.AreEqual("2,Failed,,,0,0.25,2020-01-02T03:04:05,8,0.002,Small,\"a \"\"quoted\"\", </script> error\"", lines[3]);
        Assert.AreEqual("", lines[4]);
    }
}

/// <summary>Trials to format.</summary>
internal static class SweptTrials
{
    public static IReadOnlyList<TrialRecord> Three { get; } =
    [
        Trial(0, 32, 5e-4, "Tiny") with
        {
            Outcome = TrialOutcome.Finished,
            Metric = 0.75,
            Loss = -0.75,
            Curve = [new EpochFigures(0.5, 1), new EpochFigures(0.75, 0.5)],
            Seconds = 1.5,
        },
        Trial(1, 64, 1e-4, "Tiny") with
        {
            Outcome = TrialOutcome.Pruned,
            Metric = 0.25,
            Loss = 0.75,
            Curve = [new EpochFigures(0.25, 1)],
            Seconds = 0.5,
        },
        Trial(2, 8, 2e-3, "Small") with { Error = "a \"quoted\", </script> error", Seconds = 0.25 },
    ];

    private static TrialRecord Trial(int id, int batchSize, double learningRate, string variant) => new()
    {
        Id = id,
        Outcome = TrialOutcome.Failed,
        StartedAtUtc = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        Parameter = Nested("_pipeline_", Parameter.CreateNestedParameter(
            KeyValuePair.Create("_SCHEMA_", Parameter.FromString("e0 * e1")),
            KeyValuePair.Create("e0", Parameter.CreateNestedParameter()),
            KeyValuePair.Create("e1", Parameter.CreateNestedParameter(
                KeyValuePair.Create("LearningRate", Parameter.FromDouble(learningRate)),
                KeyValuePair.Create("BatchSize", Parameter.FromInt(batchSize)),
                KeyValuePair.Create("Variant", Parameter.FromString(variant)))))),
    };

    private static Parameter Nested(string name, Parameter value) => Parameter.CreateNestedParameter(KeyValuePair.Create(name, value));
}
