using Microsoft.ML.Conformer.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

/// <summary>Logits of made-up images.</summary>
internal static class RandomLogits
{
    public static LabeledLogits Of(double[][] rows, params int[] labels) => LabeledLogits.Of(rows, labels, rows[0].Length);

    public static ScoredImages Scored(double[][] rows, params int[] labels) => new(Of(rows, labels));

    /// <summary>
    /// Images, most of which have their class's logit raised. Logits are multiples of a quarter, so that some are equal.
    /// </summary>
    /// <param name="unknown">So many more images are of none of the classes.</param>
    public static (double[][] Rows, int[] Labels) Create(int seed, int count, int classCount, int unknown = 0)
    {
        var random = new Random(seed);
        int[] labels = [.. Enumerable.Range(0, count).Select(_ => random.Next(classCount)), .. Enumerable.Repeat(-1, unknown)];
        random.Shuffle(labels);
        double[][] rows = [.. labels.Select(label => Enumerable.Range(0, classCount)
            .Select(index => random.Next(-8, 8) / 4.0 + (index == label ? 1 : 0)).ToArray())];
        return (rows, labels);
    }

    public static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(index => $"class {index}")];
}
