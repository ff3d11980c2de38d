using System.Text.Json;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>What CheckCoco and its siblings found in annotated images.</summary>
public sealed class DetectionDataReport
{
    private readonly ImageDecoding _decoding;

    internal DetectionDataReport(
        string path, IReadOnlyList<DetectionClassCount> classes, int imageCount, IReadOnlyList<DetectionDataFinding> findings,
        IReadOnlyList<DetectionDataFindingCount> findingCounts, ImageDecoding decoding)
    {
        (Path, Classes, ImageCount, Findings, FindingCounts, _decoding) = (path, classes, imageCount, findings, findingCounts, decoding);
        Summary = FindingsText.Of([Header], Kinds());
    }

    /// <summary>The full path of the file or folder.</summary>
    public string Path { get; }

    /// <summary>The classes in their order, with their numbers of objects and images.</summary>
    public IReadOnlyList<DetectionClassCount> Classes { get; }

    /// <summary>How many images can be used, as far as the annotations tell.</summary>
    public int ImageCount { get; }

    /// <summary>What was found: errors first, then by kind, then in the order of the files. Of a kind at most 1,000 are told.</summary>
    public IReadOnlyList<DetectionDataFinding> Findings { get; }

    /// <summary>How many findings of each kind there are, those that are not told too.</summary>
    public IReadOnlyList<DetectionDataFindingCount> FindingCounts { get; }

    /// <summary>Whether a finding is an error: an image cannot be used, or its boxes are elsewhere.</summary>
    public bool HasErrors => Findings.Any(finding => finding.Severity == ImageFindingSeverity.Error);

    /// <summary>A table with a line for each kind of findings, and the first findings of each, for a terminal.</summary>
    public string Summary { get; }

    private string Header => $"'{VisibleText.OfPath(Path)}': " + FormattableString.Invariant(
        $"{Classes.Count:N0} classes, {ImageCount:N0} images, {Classes.Sum(one => one.ObjectCount):N0} objects");

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    /// <summary>Saves all findings as JSON, with the files' full paths. The file appears when it is complete.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(
        stream, new { Path, ImageCount, Classes, FindingCounts, Findings }, ReportJson.Options));

    /// <summary>
    /// Saves a page with the findings, grouped by kind, and thumbnails of the images that they concern. It loads nothing else. Of many
    /// findings of a kind the first ones are shown, and the others counted. The file appears when it is complete.
    /// </summary>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveHtml(string path) => AtomicFile.Write(
        path, FindingsPage.Of("Check of the annotated images", [Header], Kinds(), new Thumbnails(_decoding)));

    private IReadOnlyList<FindingGroup> Kinds()
    {
        var counts = FindingCounts.ToDictionary(one => one.Kind, one => one.Count);
        return
        [
            .. Findings.GroupBy(finding => finding.Kind).Select(kind => new FindingGroup(
                $"{kind.Key}", DetectionFindingInfo.Of(kind.Key), FormattableString.Invariant($"{counts[kind.Key]:N0}"), counts[kind.Key],
                [.. kind.Select(finding => new ShownFinding(
                    finding.Message, [.. finding.ImagePaths.Select(image => (image, Text(NameOf(image)), NameOf(image)))]))])),
        ];
    }

    private static string NameOf(string image) => VisibleText.Of(System.IO.Path.GetFileName(image));
}
