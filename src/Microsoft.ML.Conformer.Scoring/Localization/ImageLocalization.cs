using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer;

/// <summary>
/// How well a classifier that was trained on labels alone finds the objects (weakly supervised localization; Peng et al., ICCV 2021, table
/// 9); made by mlContext.MulticlassClassification.EvaluateImageLocalization. It serializes to JSON as it is.
/// </summary>
public sealed class ImageLocalization
{
    internal ImageLocalization(
        int imageCount, int withoutBoxesCount, double accuracy, IReadOnlyList<SkippedImage> skipped, int unlabeledCount,
        IReadOnlyList<MapLocalization> maps) =>
        (ImageCount, WithoutBoxesCount, Accuracy, Skipped, UnlabeledCount, Maps) =
            (imageCount, withoutBoxesCount, accuracy, skipped, unlabeledCount, maps);

    /// <summary>How many images with boxes were scored.</summary>
    public int ImageCount { get; }

    /// <summary>How many images were left out because there is no box for them.</summary>
    public int WithoutBoxesCount { get; }

    /// <summary>
    /// Top-1 accuracy, 0-1, on these images as they are shown here: whole, their sides both resized to the network's size.
    /// </summary>
    public double Accuracy { get; }

    /// <inheritdoc cref="ImageEvaluation.Skipped"/>
    public IReadOnlyList<SkippedImage> Skipped { get; }

    /// <inheritdoc cref="ImageEvaluation.UnlabeledCount"/>
    public int UnlabeledCount { get; }

    /// <summary>For each kind of map how well it finds the objects.</summary>
    public IReadOnlyList<MapLocalization> Maps { get; }

    /// <summary>A table of the maps, for a terminal.</summary>
    [JsonIgnore]
    public string Summary
    {
        get
        {
            var text = new StringBuilder(FormattableString.Invariant(
                $"{ImageCount:N0} images with boxes, {WithoutBoxesCount:N0} without; accuracy {Accuracy:0.000}")).AppendLine()
                .Append($"{"map",-17}{"threshold",10}{"GT-known",10}{"top-1",8}{"top-5",8}{"mean IoU",10}{"pointing",9}{"inside",8}");
            foreach (var map in Maps)
                text.AppendLine().Append($"{map.Kind,-17}").Append(FormattableString.Invariant(
                    $"{map.Threshold,10:0.00}{map.GroundTruthKnown,10:0.000}{map.Top1,8:0.000}{map.Top5,8:0.000}"))
                    .Append(FormattableString.Invariant($"{map.MeanIntersectionOverUnion,10:0.000}{map.PointingGame,9:0.000}{map.PeakInside,8:0.000}"));
            return text.ToString();
        }
    }

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    /// <summary>Saves all as JSON. The file appears when it is complete.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, ReportJson.Options));
}

/// <summary>
/// How well one kind of map finds objects. A box is found where intersection over union with one of the image's boxes is at least 0.5.
/// </summary>
/// <param name="Kind">The kind of map.</param>
/// <param name="Threshold">From which fraction of the maximum on a pixel belonged to the object.</param>
/// <param name="GroundTruthKnown">Fraction of the images whose box is found with the map of their true class ("GT-known").</param>
/// <param name="Top1">Fraction whose class is predicted and whose box is found with its map.</param>
/// <param name="Top5">Fraction whose class is among the five most probable ones and whose box is found with its map.</param>
/// <param name="MeanIntersectionOverUnion">Mean of the intersection over union of the true class's map.</param>
/// <param name="PointingGame">
/// Fraction whose true class's map has its maximum in a box or at most 15 pixels of the network's image beside one (Zhang et al., ECCV
/// 2016).
/// </param>
/// <param name="PeakInside">The same without those that are beside a box.</param>
public sealed record MapLocalization(
    ImageMapKind Kind, double Threshold, double GroundTruthKnown, double Top1, double Top5, double MeanIntersectionOverUnion,
    double PointingGame, double PeakInside);
