using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// How well a detector finds the objects of images; made by mlContext.MulticlassClassification.EvaluateDetections. It serializes to JSON as
/// it is.
/// </summary>
public sealed class DetectionReport
{
    private DetectionReport(
        IReadOnlyList<string> classNames, DetectionMetrics boxes, DetectionMetrics? masks, double leastScore,
        IReadOnlyList<DetectionMistakes> classMistakes, IReadOnlyList<EvaluatedDetections> images, IReadOnlyList<ShownImage> worst)
    {
        (ClassNames, Boxes, Masks, LeastScore, ClassMistakes) = (classNames, boxes, masks, leastScore, classMistakes);
        (Mistakes, Images, Worst) = (DetectionMistakes.Sum(classMistakes), images, worst);
    }

    /// <summary>The classes: those of the labels, and behind them those that the detector alone has.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>COCO's figures, where boxes overlap.</summary>
    public DetectionMetrics Boxes { get; }

    /// <summary>COCO's figures, where masks overlap; null where the data has no masks.</summary>
    public DetectionMetrics? Masks { get; }

    /// <summary>From which score on detections count in <see cref="Mistakes"/> and <see cref="Images"/>.</summary>
    public double LeastScore { get; }

    /// <summary>Numbers of right detections and of mistakes by their kind, over all classes.</summary>
    public DetectionMistakes Mistakes { get; }

    /// <summary>
    /// The same of each class, in the order of <see cref="ClassNames"/>: wrong detections count where the detector put them.
    /// </summary>
    public IReadOnlyList<DetectionMistakes> ClassMistakes { get; }

    /// <summary>All images, in the order of the data.</summary>
    public IReadOnlyList<EvaluatedDetections> Images { get; }

    /// <summary>The figures of boxes and masks and the mistakes as tables for a terminal.</summary>
    [JsonIgnore]
    public string Summary => DetectionReportText.Of(this);

    /// <summary>The images with the most mistakes, the worst first.</summary>
    internal IReadOnlyList<ShownImage> Worst { get; }

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    /// <summary>Saves all as JSON. The file appears when it is complete.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, DetectionReportJson.Options));

    /// <summary>
    /// Saves the figures as comma-separated values: a line for all classes and one for each, of boxes and then of masks. The file appears
    /// when it is complete.
    /// </summary>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveCsv(string path) => AtomicFile.Write(path, DetectionReportCsv.Of(this));

    /// <summary>
    /// Saves a page: the figures of boxes and masks, by size and by class, curves of precision over recall, mistakes by their kind, and the
    /// images with the most of them, what is in them beside what was found. It loads nothing else, and runs no scripts. The file appears
    /// when it is complete.
    /// </summary>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveHtml(string path) => AtomicFile.Write(path, DetectionReportPage.Of(this));

    internal static DetectionReport Of(ScoredRows rows, double leastScore)
    {
        var classes = rows.ClassNames;
        var boxes = new DetectionEvaluation(classes, useMasks: false);
        var masks = rows.HasMasks ? new DetectionEvaluation(classes, useMasks: true) : null;
        var mistakes = classes.Select(_ => DetectionMistakes.None).ToArray();
        var (images, worst) = (new List<EvaluatedDetections>(), new WorstImages());
        foreach (var image in rows.Read())
        {
            boxes.Add(image.Objects, image.Found);
            masks?.Add(image.Objects, image.Found);
            var judged = JudgedImage.Of(image.Objects, image.Found, leastScore);
            DetectionMistakes[] counts = [.. classes.Select((_, index) => judged.Count(index))];
            foreach (var (index, count) in counts.Index())
                mistakes[index] = DetectionMistakes.Sum([mistakes[index], count]);
            images.Add(new EvaluatedDetections(image.Path, DetectionMistakes.Sum(counts)));
            worst.Add(new ShownImage(images[^1], judged));
        }
        return images.Count > 0
            ? new DetectionReport(classes, boxes.Metrics(), masks?.Metrics(), leastScore, mistakes, images, worst.Images)
            : throw new InvalidDataException("There is no image to evaluate: the data has no rows.");
    }
}

/// <summary>An image, and what a detector made of it.</summary>
/// <param name="Path">Its file, where the data tells.</param>
/// <param name="Mistakes">Its right detections and mistakes, over all classes.</param>
public sealed record EvaluatedDetections(string? Path, DetectionMistakes Mistakes);
