using System.Text.Json.Serialization;
using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>How well pixels are told to be of classes (semantic segmentation); pixels that do not count are left out.</summary>
public sealed record SegmentationMetrics
{
    internal SegmentationMetrics(IReadOnlyList<string> classNames, long[][] confusion)
    {
        ConfusionMatrix = confusion;
        Classes = [.. classNames.Select((name, index) =>
        {
            var (right, truth) = (confusion[index][index], confusion[index].Sum());
            var either = truth + confusion.Sum(row => row[index]) - right;
            return new SegmentationClassMetrics(
                name, truth, either == 0 ? null : (double)right / either, truth == 0 ? null : (double)right / truth);
        })];
        var (pixels, correct) = (Classes.Sum(one => one.PixelCount), confusion.Select((row, index) => row[index]).Sum());
        PixelAccuracy = pixels == 0 ? null : (double)correct / pixels;
    }

    /// <summary>
    /// Mean of the classes' intersection over union, 0-1: mIoU. Classes that are neither in the images nor predicted are left out; null
    /// where all are.
    /// </summary>
    public double? MeanIntersectionOverUnion => Classes.Average(one => one.IntersectionOverUnion);

    /// <summary>Share of the pixels whose class is predicted, 0-1; null where there are none.</summary>
    public double? PixelAccuracy { get; }

    /// <summary>Mean of the shares of each class's pixels that are predicted to be of it, 0-1; null where there are none.</summary>
    public double? MeanClassAccuracy => Classes.Average(one => one.Accuracy);

    /// <summary>Numbers of pixels, [C][C]: a row for each true class, a column for each predicted one.</summary>
    public IReadOnlyList<IReadOnlyList<long>> ConfusionMatrix { get; }

    /// <summary>Each class for itself, in the order of the classes.</summary>
    public IReadOnlyList<SegmentationClassMetrics> Classes { get; }

    /// <summary>The figures and a table of the classes, for a terminal.</summary>
    [JsonIgnore]
    public string Summary => string.Join(Environment.NewLine, (IEnumerable<string>)
    [
        $"mean IoU {Number(MeanIntersectionOverUnion)}, pixel accuracy {Number(PixelAccuracy)}, " +
            $"mean class accuracy {Number(MeanClassAccuracy)}",
        "",
        $"{"IoU",-7}{"accuracy",-10}{"pixels",14}  class",
        .. Classes.Select(one => FormattableString.Invariant(
            $"{Number(one.IntersectionOverUnion),-7}{Number(one.Accuracy),-10}{one.PixelCount,14:N0}  {VisibleText.Of(one.Name)}")),
    ]);

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;
}

/// <summary>How well the pixels of one class are told.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="PixelCount">Number of its pixels.</param>
/// <param name="IntersectionOverUnion">
/// Pixels that are of it and predicted to be, divided by those that are one or the other, 0-1; null where there are none.
/// </param>
/// <param name="Accuracy">Share of its pixels that are predicted to be of it, 0-1; null where it has none.</param>
public sealed record SegmentationClassMetrics(string Name, long PixelCount, double? IntersectionOverUnion, double? Accuracy);
