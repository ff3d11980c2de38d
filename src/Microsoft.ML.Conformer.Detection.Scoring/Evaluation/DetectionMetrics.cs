using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// COCO's figures (Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; github.com/cocodataset/cocoapi, cocoeval.py), of a
/// class or averaged over the classes that have objects. All are 0-1; null where there are no objects to find.
/// </summary>
/// <remarks>
/// A detection is right where its IoU with an object of its class, which none of a higher score was given, is at least a threshold.
/// Crowds, and objects outside of a range of areas, make detections neither right nor wrong. In an image the 100 detections of a class with
/// the highest scores count.
/// </remarks>
public abstract record DetectionFigures
{
    /// <summary>Mean precision over 101 recalls and over the thresholds of IoU 0.5, 0.55, ..., 0.95: AP.</summary>
    public double? AveragePrecision { get; init; }

    /// <summary>The same at the IoU of 0.5 alone: AP50.</summary>
    public double? AveragePrecision50 { get; init; }

    /// <summary>The same at the IoU of 0.75 alone: AP75.</summary>
    public double? AveragePrecision75 { get; init; }

    /// <summary>AP of objects of at most 32 x 32 pixels of area.</summary>
    public double? AveragePrecisionSmall { get; init; }

    /// <summary>AP of objects of 32 x 32 to 96 x 96 pixels of area.</summary>
    public double? AveragePrecisionMedium { get; init; }

    /// <summary>AP of objects of at least 96 x 96 pixels of area.</summary>
    public double? AveragePrecisionLarge { get; init; }

    /// <summary>Share of the objects that are found by one detection of each class in an image, mean over the thresholds: AR1.</summary>
    public double? AverageRecall1 { get; init; }

    /// <summary>The same by 10 detections of each class in an image: AR10.</summary>
    public double? AverageRecall10 { get; init; }

    /// <summary>The same by 100 detections of each class in an image: AR100.</summary>
    public double? AverageRecall100 { get; init; }

    /// <summary>AR100 of objects of at most 32 x 32 pixels of area.</summary>
    public double? AverageRecallSmall { get; init; }

    /// <summary>AR100 of objects of 32 x 32 to 96 x 96 pixels of area.</summary>
    public double? AverageRecallMedium { get; init; }

    /// <summary>AR100 of objects of at least 96 x 96 pixels of area.</summary>
    public double? AverageRecallLarge { get; init; }
}

/// <summary>How well the objects of one class are found.</summary>
public sealed record DetectionClassMetrics : DetectionFigures
{
    /// <summary>The class's name.</summary>
    public required string Name { get; init; }

    /// <summary>Number of its objects, crowds not among them.</summary>
    public required int ObjectCount { get; init; }

    /// <summary>Number of its detections that count: at most 100 in an image.</summary>
    public required int DetectionCount { get; init; }

    /// <summary>
    /// Recall of all detections at each of <see cref="DetectionMetrics.Thresholds"/>; empty where the class has no objects.
    /// </summary>
    public required IReadOnlyList<double> Recalls { get; init; }

    /// <summary>
    /// The precision-recall curve at each of <see cref="DetectionMetrics.Thresholds"/>: the highest precision at each of
    /// <see cref="DetectionMetrics.RecallPoints"/> or a higher recall, 0 where it is not reached. Empty where the class has no objects.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<double>> Precisions { get; init; }
}

/// <summary>How well a detector finds objects: COCO's figures over all classes that have objects, and of each class.</summary>
public sealed record DetectionMetrics : DetectionFigures
{
    internal DetectionMetrics(
        bool isOfMasks, int imageCount, int crowdCount, int detectionCount, IReadOnlyList<double> thresholds,
        IReadOnlyList<double> recallPoints, IReadOnlyList<DetectionClassMetrics> classes)
    {
        (IsOfMasks, ImageCount, CrowdCount, DetectionCount) = (isOfMasks, imageCount, crowdCount, detectionCount);
        (Thresholds, RecallPoints, Classes) = (thresholds, recallPoints, classes);
        ObjectCount = classes.Sum(one => one.ObjectCount);
        AveragePrecision = Mean(one => one.AveragePrecision);
        AveragePrecision50 = Mean(one => one.AveragePrecision50);
        AveragePrecision75 = Mean(one => one.AveragePrecision75);
        AveragePrecisionSmall = Mean(one => one.AveragePrecisionSmall);
        AveragePrecisionMedium = Mean(one => one.AveragePrecisionMedium);
        AveragePrecisionLarge = Mean(one => one.AveragePrecisionLarge);
        AverageRecall1 = Mean(one => one.AverageRecall1);
        AverageRecall10 = Mean(one => one.AverageRecall10);
        AverageRecall100 = Mean(one => one.AverageRecall100);
        AverageRecallSmall = Mean(one => one.AverageRecallSmall);
        AverageRecallMedium = Mean(one => one.AverageRecallMedium);
        AverageRecallLarge = Mean(one => one.AverageRecallLarge);
        AveragePrecisions = [.. thresholds.Select((_, threshold) =>
            Mean(one => one.ObjectCount == 0 ? null : one.Precisions[threshold].Average()))];
    }

    /// <summary>Whether masks were compared, or boxes.</summary>
    public bool IsOfMasks { get; }

    /// <summary>Number of images, those without objects among them.</summary>
    public int ImageCount { get; }

    /// <summary>Number of objects to find.</summary>
    public int ObjectCount { get; }

    /// <summary>Number of crowds, which are not to be found.</summary>
    public int CrowdCount { get; }

    /// <summary>Number of detections.</summary>
    public int DetectionCount { get; }

    /// <summary>The thresholds of IoU: 0.5, 0.55, ..., 0.95.</summary>
    public IReadOnlyList<double> Thresholds { get; }

    /// <summary>The recalls of the curves: 0, 0.01, ..., 1.</summary>
    public IReadOnlyList<double> RecallPoints { get; }

    /// <summary>AP at each of <see cref="Thresholds"/>.</summary>
    public IReadOnlyList<double?> AveragePrecisions { get; }

    /// <summary>Each class for itself, in the order of the classes.</summary>
    public IReadOnlyList<DetectionClassMetrics> Classes { get; }

    /// <summary>Tables of the figures and of the classes, for a terminal.</summary>
    [JsonIgnore]
    public string Summary => DetectionText.Of(this);

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    private double? Mean(Func<DetectionClassMetrics, double?> figure) => Classes.Average(figure);
}
