using Microsoft.ML.Conformer.Data.Decoding;
using Microsoft.ML.Conformer.Evaluation.Metrics;
using Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

namespace Microsoft.ML.Conformer.Tests.Evaluation;

/// <summary>Evaluations of images that no network has seen.</summary>
internal static class MadeUpEvaluation
{
    /// <param name="classNames">The classes.</param>
    /// <param name="count">Images of a class.</param>
    /// <param name="unknown">Images of none.</param>
    /// <param name="branches">1, or 3: their sum, conv and tran.</param>
    /// <param name="scale">What logits are multiplied by.</param>
    /// <param name="pathOf">The file of an image; null: none has one.</param>
    /// <param name="skipped">How many images could not be used.</param>
    /// <param name="unlabeled">How many rows have no label.</param>
    public static ImageEvaluation Of(
        string[] classNames, int count, int unknown = 0, int branches = 3, double scale = 1, Func<int, string?>? pathOf = null,
        int skipped = 0, int unlabeled = 0)
    {
        var (conv, labels) = RandomLogits.Create(1, count, classNames.Length, unknown);
        conv = Array.ConvertAll(conv, row => Array.ConvertAll(row, logit => scale * logit));
        double[][] tran = [.. conv.Select((row, image) => row.Select((logit, index) => logit + (image + index) % 3).ToArray())];
        double[][] sum = [.. conv.Zip(tran, (left, right) => left.Zip(right, (x, y) => x + y).ToArray())];
        double[][][] all = branches == 1 ? [conv] : [sum, conv, tran];
        return new ImageEvaluation(
            classNames, ((string[])["sum", "conv", "tran"])[..branches], [.. all.Select(rows => RandomLogits.Of(rows, labels))],
            [.. Enumerable.Range(0, labels.Length).Select(image => pathOf?.Invoke(image))],
            [.. Enumerable.Range(0, skipped).Select(row => new SkippedImage("evaluation", row, null, classNames[0], "It is damaged."))],
            unlabeled, new ImageDecoding(), new ImageEvaluationOptions { Resamples = 20 });
    }
}
