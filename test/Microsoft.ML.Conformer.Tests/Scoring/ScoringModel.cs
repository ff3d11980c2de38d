using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>
/// Models to score with that took no training: a small network with formula weights, whose scores differ by the image. And how to train
/// the same network quickly.
/// </summary>
internal static class ScoringModel
{
    /// <summary>The smallest network that has all kinds of blocks.</summary>
    public static readonly ConformerArchitecture Architecture = new()
    {
        NumClasses = 3,
        ChannelRatio = 0.25,
        EmbedDim = 24,
        NumHeads = 2,
        Depth = 3,
        MlpRatio = 2,
    };

    /// <summary>Of weights that predict more than one class for the tests' photos.</summary>
    private const int Seed = 1;

    private static readonly Lazy<FormulaWeights> _weights = new(() =>
    {
        using var network = new ConformerNetwork(Architecture);
        return new FormulaWeights(network.state_dict().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.shape), Seed);
    });

    public static FormulaWeights Weights => _weights.Value;

    /// <summary>A model over the classes of a label column.</summary>
    public static ImageClassifierTransformer Create(IDataView data, string score = "Score", string predictedLabel = "PredictedLabel") =>
        new(new MLContext(seed: 1), TrainedOn(data, score, predictedLabel), new ScoringOptions(), summary: null);

    /// <summary>What training on the classes of a label column might have left.</summary>
    public static TrainedModel TrainedOn(IDataView data, string score = "Score", string predictedLabel = "PredictedLabel") => new(
        Architecture, Weights, Photo.Side, ClassLabels.Of(data.Schema["Label"]), new ScoringColumns("Image", score, predictedLabel));

    /// <summary>Training of the same network, in a second or so.</summary>
    public static ConformerTrainer.Options QuickTraining(int epochs) => new()
    {
        Architecture = Architecture,
        ImageSize = Photo.Side,
        Epochs = epochs,
        BatchSize = 8,
        WarmupEpochs = 1,
        LearningRate = 2e-3,
        Seed = 1,
        Device = TrainingDevice.Cpu,
    };

    /// <summary>The scores of a scored view, row by row.</summary>
    public static List<float[]> Scores(IDataView scored, string column = "Score") =>
        [.. scored.GetColumn<float[]>(column)];

    /// <summary>Largest difference of two lists of scores, NaN where one is.</summary>
    public static double Difference(IReadOnlyList<float[]> left, IReadOnlyList<float[]> right)
    {
        Assert.AreEqual(left.Count, right.Count);
        CollectionAssert.AreEqual(left.Select(row => row.Length).ToList(), right.Select(row => row.Length).ToList());
        return left.Zip(right).SelectMany(rows => rows.First.Zip(rows.Second, (x, y) => (double)Math.Abs(x - y))).Aggregate(0.0, Math.Max);
    }
}
