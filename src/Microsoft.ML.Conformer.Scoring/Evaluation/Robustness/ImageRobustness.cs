using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer;

/// <summary>
/// How well a network copes with distorted images, and with images of other sizes than it was trained with (Peng et al., ICCV 2021, figure 5); made by
/// mlContext.MulticlassClassification.EvaluateImageRobustness. It serializes to JSON as it is.
/// </summary>
public sealed class ImageRobustness
{
    internal ImageRobustness(
        IReadOnlyList<string> branches, int imageCount, IReadOnlyList<SkippedImage> skipped, int unlabeledCount,
        IReadOnlyList<RobustnessCurve> curves) =>
        (Branches, ImageCount, Skipped, UnlabeledCount, Curves) = (branches, imageCount, skipped, unlabeledCount, curves);

    /// <summary>Whose accuracies a point has: "sum", the network as it decides, and of a Conformer "conv" and "tran".</summary>
    public IReadOnlyList<string> Branches { get; }

    /// <summary>How many images were scored, at each value.</summary>
    public int ImageCount { get; }

    /// <inheritdoc cref="ImageEvaluation.Skipped"/>
    public IReadOnlyList<SkippedImage> Skipped { get; }

    /// <inheritdoc cref="ImageEvaluation.UnlabeledCount"/>
    public int UnlabeledCount { get; }

    /// <summary>A curve for each kind of distortion, and one for the image's size.</summary>
    public IReadOnlyList<RobustnessCurve> Curves { get; }

    /// <summary>Tables of the curves, for a terminal.</summary>
    [JsonIgnore]
    public string Summary => RobustnessReport.Text(this);

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    /// <summary>
    /// Saves a page with a diagram of each curve, and the figures as tables. It loads nothing else and runs no scripts. The file appears
    /// when it is complete.
    /// </summary>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveHtml(string path) => AtomicFile.Write(path, RobustnessReport.Html(this));

    /// <summary>Saves the diagram of a curve as an SVG picture. The file appears when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="curve">One of the <see cref="Curves"/>, by its name.</param>
    /// <exception cref="ArgumentException">There is no such curve.</exception>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveSvg(string path, string curve)
    {
        var found = Curves.FirstOrDefault(one => one.Name == curve) ?? throw new ArgumentException(
            $"There is no curve '{VisibleText.Of(curve)}', only {string.Join(", ", Curves.Select(one => one.Name))}.", nameof(curve));
        AtomicFile.Write(path, RobustnessReport.Chart(this, found).ToSvg());
    }

    /// <summary>Saves all as JSON. The file appears when it is complete.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, ReportJson.Options));
}

/// <summary>How accuracy goes with one kind of distortion.</summary>
/// <param name="Name">The <see cref="ImageDistortionKind"/>, or "ImageSize".</param>
/// <param name="Unit">The unit of the values.</param>
/// <param name="Points">By rising value, the one that changes nothing among them.</param>
public sealed record RobustnessCurve(string Name, string Unit, IReadOnlyList<RobustnessPoint> Points);

/// <summary>How right and how sure a network is at one value.</summary>
/// <param name="Value">In the curve's unit.</param>
/// <param name="Accuracies">Of each branch, 0-1, in the order of <see cref="ImageRobustness.Branches"/>.</param>
/// <param name="MeanConfidence">Mean probability of the predicted class, 0-1, of the sum.</param>
public sealed record RobustnessPoint(double Value, IReadOnlyList<double> Accuracies, double MeanConfidence);
