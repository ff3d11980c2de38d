using Microsoft.ML.Conformer.Benchmarks.Training;

namespace Microsoft.ML.Conformer.Benchmarks.Evaluation;

/// <summary>
/// What temperature scaling does for other photos than those that the temperature is fitted on: each half of a data set's validation images
/// with the temperature of the other. And what calibration error a network would have whose probabilities are exact, as the error of few
/// images is never 0. Options, each with a value: --model, --data.
/// </summary>
internal static class CalibrationOfHalves
{
    private const int Bins = 15, Draws = 1000;

    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var context = new MLContext(0);
        using var model = context.Model.LoadImageClassifier(given.Text("--model"), imageColumnName: nameof(Row.ImagePath));
        var rows = context.Data.CreateEnumerable<Row>(context.Data.LoadImageSplits(given.Text("--data")).Validation, false).ToList();
        ImageEvaluation Evaluate(IEnumerable<Row> some) => context.MulticlassClassification.EvaluateImages(
            model, context.Data.LoadFromEnumerable(some), new ImageEvaluationOptions { CalibrationBins = Bins, Resamples = 1 });

        ImageEvaluation[] halves = [.. Enumerable.Range(0, 2).Select(half => Evaluate(rows.Where((_, index) => index % 2 == half)))];
        foreach (var (half, other) in (ReadOnlySpan<(ImageEvaluation, ImageEvaluation)>)[(halves[0], halves[1]), (halves[1], halves[0])])
        {
            var temperature = other.Calibration.Temperature!.Value;
            var (before, after) = (half.Metrics, half.MetricsAt(temperature));
            Console.WriteLine($"temperature {temperature:0.000}: calibration error {before.ExpectedCalibrationError:0.000} -> " +
                $"{after.ExpectedCalibrationError:0.000}, log loss {before.LogLoss:0.000} -> {after.LogLoss:0.000}, mean confidence " +
                $"{before.MeanConfidence:0.000} -> {after.MeanConfidence:0.000} at an accuracy of {after.Accuracy:0.000}");
            Console.WriteLine($"  with exact probabilities: calibration error {ErrorIfExact(half):0.000}");
        }
        return 0;
    }

    /// <summary>The mean calibration error if each image was right with the probability that the network gives.</summary>
    private static double ErrorIfExact(ImageEvaluation evaluation)
    {
        var random = new Random(0);
        return Enumerable.Range(0, Draws).Average(_ => evaluation.Images
            .GroupBy(image => (int)Math.Ceiling(image.Confidence * Bins))
            .Sum(bin => Math.Abs(bin.Sum(image => image.Confidence - (random.NextDouble() < image.Confidence ? 1 : 0)))) /
            evaluation.Images.Count);
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
