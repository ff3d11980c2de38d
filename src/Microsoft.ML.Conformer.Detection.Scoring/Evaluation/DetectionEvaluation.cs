namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>
/// Measures detections as COCO does, image by image: of an image only what became of its detections is kept. Of equal scores the
/// earlier image's come first; COCO's own order of images is that of their numbers.
/// </summary>
/// <param name="classNames">The classes; indices of objects and detections are places in it.</param>
/// <param name="useMasks">Whether masks are compared, which all objects and detections have then, or boxes.</param>
internal sealed class DetectionEvaluation(IReadOnlyList<string> classNames, bool useMasks)
{
    private readonly List<DetectionOutcome>[] _outcomes = [.. classNames.Select(_ => new List<DetectionOutcome>())];
    private readonly int[,] _objectCounts = new int[classNames.Count, CocoSettings.Areas.Count];
    private int _imageCount, _crowdCount, _detectionCount;

    /// <summary>Adds an image, with objects and detections or without.</summary>
    /// <exception cref="ArgumentException">A class is none of them, a number is not finite, or a mask is lacking.</exception>
    public void Add(IReadOnlyList<TrueObject> objects, IReadOnlyList<FoundObject> detections)
    {
        foreach (var one in objects)
            ThrowIfWrong(one.ClassIndex, one.Box, one.Area, one.Mask);
        foreach (var found in detections)
            ThrowIfWrong(found.ClassIndex, found.Box, found.Score, found.Mask);
        _imageCount++;
        _crowdCount += objects.Count(one => one.IsCrowd);
        _detectionCount += detections.Count;

        var (objectsOf, detectionsOf) = (objects.ToLookup(one => one.ClassIndex), detections.ToLookup(found => found.ClassIndex));
        foreach (var one in objects)
            for (var area = 0; area < CocoSettings.Areas.Count; area++)
                if (!ImageMatching.IsIgnored(one, area))
                    _objectCounts[one.ClassIndex, area]++;
        foreach (var group in detectionsOf)
            ImageMatching.Match([.. objectsOf[group.Key]], [.. group], useMasks, _outcomes[group.Key]);
    }

    /// <summary>The metrics of the images so far.</summary>
    public DetectionMetrics Metrics()
    {
        var classes = new DetectionClassMetrics[classNames.Count];
        Parallel.For(0, classes.Length, index => classes[index] = OfClass(index));
        return new DetectionMetrics(
            useMasks, _imageCount, _crowdCount, _detectionCount, CocoSettings.Thresholds, CocoSettings.Recalls, classes);
    }

    private DetectionClassMetrics OfClass(int index)
    {
        var outcomes = _outcomes[index].OrderByDescending(outcome => outcome.Score).ToList();
        IReadOnlyList<(double Recall, double[] Precision)>? Of(int area, int most) => _objectCounts[index, area] is not 0 and var count
            ? [.. CocoSettings.Thresholds.Select((_, threshold) => PrecisionRecall.Of(outcomes, count, area, threshold, most))]
            : null;
        double? Recall(int area, int most) => Of(area, most)?.Average(one => one.Recall);

        var bySize = Enumerable.Range(0, CocoSettings.Areas.Count).Select(area => Of(area, CocoSettings.MaxDetections)).ToList();
        double? Precision(int area) => bySize[area]?.Average(one => one.Precision.Average());
        double? PrecisionAt(int threshold) => bySize[0]?[threshold].Precision.Average();
        double? RecallOf(int area) => bySize[area]?.Average(one => one.Recall);
        return new DetectionClassMetrics
        {
            Name = classNames[index],
            ObjectCount = _objectCounts[index, 0],
            DetectionCount = outcomes.Count,
            AveragePrecision = Precision(0),
            AveragePrecision50 = PrecisionAt(CocoSettings.At50),
            AveragePrecision75 = PrecisionAt(CocoSettings.At75),
            AveragePrecisionSmall = Precision(1),
            AveragePrecisionMedium = Precision(2),
            AveragePrecisionLarge = Precision(3),
            AverageRecall1 = Recall(0, 1),
            AverageRecall10 = Recall(0, 10),
            AverageRecall100 = RecallOf(0),
            AverageRecallSmall = RecallOf(1),
            AverageRecallMedium = RecallOf(2),
            AverageRecallLarge = RecallOf(3),
            Recalls = [.. (bySize[0] ?? []).Select(one => one.Recall)],
            Precisions = [.. (bySize[0] ?? []).Select(one => one.Precision)],
        };
    }

    private void ThrowIfWrong(int classIndex, ImageBox box, double number, RunLengthMask? mask)
    {
        if (classIndex < 0 || classIndex >= classNames.Count)
            throw new ArgumentException($"An object is of class {classIndex}; there are {classNames.Count}.");
        if (!double.IsFinite(box.Left + box.Top + box.Width + box.Height + number))
            throw new ArgumentException(FormattableString.Invariant($"An object has {box} and {number}; they must be finite."));
        if (useMasks && mask is null)
            throw new ArgumentException("An object has no mask, and masks are evaluated.");
    }
}
