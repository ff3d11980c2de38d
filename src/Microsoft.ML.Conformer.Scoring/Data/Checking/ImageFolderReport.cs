using System.Text.Json;

namespace Microsoft.ML.Conformer;

/// <summary>What CheckImageFolder found in a folder of photos, or in a manifest.</summary>
public sealed class ImageFolderReport
{
    private readonly ImageDecoding _decoding;

    internal ImageFolderReport(
        ImageListing listing, IReadOnlyList<ImageClassCount> classes, int imageCount, IReadOnlyList<ImageFinding> findings,
        ImageDecoding decoding)
    {
        (Folder, PassedOver, _decoding) = (listing.Root, listing.PassedOver.Describe(), decoding);
        (Classes, ImageCount, Findings) = (classes, imageCount, findings);
        Summary = ReportText.Of(this);
    }

    /// <summary>The full path of the folder, or of the manifest's.</summary>
    public string Folder { get; }

    /// <summary>The classes in ordinal order, with their numbers of images, usable or not, as they lie in the folder.</summary>
    public IReadOnlyList<ImageClassCount> Classes { get; }

    /// <summary>How many images were looked at, of all parts.</summary>
    public int ImageCount { get; }

    /// <summary>What was found: errors first, then by kind, then in the order of the parts, the classes and the paths.</summary>
    public IReadOnlyList<ImageFinding> Findings { get; }

    /// <summary>Whether a finding is an error: training would end with an exception, or measure something wrong.</summary>
    public bool HasErrors => Findings.Any(finding => finding.Severity == ImageFindingSeverity.Error);

    /// <summary>
    /// A table with a line for each kind of findings, and the first findings of each; it does not depend on a console's width, and is fit
    /// for a terminal whatever the files and classes are called.
    /// </summary>
    public string Summary { get; }

    /// <summary>What lies in the folder and is no image of a class, counted by the reason; null where there is nothing such.</summary>
    internal string? PassedOver { get; }

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    /// <summary>Saves all findings as JSON, with the files' full paths. The file appears when it is complete.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveJson(string path) => AtomicFile.Write(
        path, stream => JsonSerializer.Serialize(stream, new { Folder, ImageCount, PassedOver, Classes, Findings }, ReportJson.Options));

    /// <summary>
    /// Saves a page with thumbnails of the findings, grouped by kind. It loads nothing else: what is shown is in the file. Of many findings
    /// of a kind the first ones are shown, and the others counted. The file appears when it is complete.
    /// </summary>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveHtml(string path) => AtomicFile.Write(
        path, FindingsPage.Of("Check of the photos", ReportText.Lines(this), ReportText.Kinds(this), new Thumbnails(_decoding)));
}
