using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>A report of a folder in lines of text, and what a page has of it.</summary>
internal static class ReportText
{
    public static string Of(ImageFolderReport report) => FindingsText.Of(Lines(report), Kinds(report));

    /// <summary>What stands above the findings.</summary>
    public static IEnumerable<string> Lines(ImageFolderReport report)
    {
        var concerned = report.Findings.SelectMany(finding => finding.Files).Distinct().Count();
        yield return $"'{VisibleText.Of(report.Folder)}': " + FormattableString.Invariant(
            $"{report.Classes.Count:N0} classes, {report.ImageCount:N0} images, of which findings concern {concerned:N0}");
        if (report.PassedOver is { } passedOver)
            yield return passedOver;
    }

    public static IReadOnlyList<FindingGroup> Kinds(ImageFolderReport report) =>
    [
        .. report.Findings.GroupBy(finding => finding.Kind).Select(kind => new FindingGroup(
            $"{kind.Key}", FindingKindInfo.Of(kind.Key), Count([.. kind]), kind.Count(),
            [.. kind.Select(finding => new ShownFinding(
                finding.Message, [.. finding.Files.Select(file => (file.Path, Caption(report, file), PathOf(report, file)))]))])),
    ];

    private static string Caption(ImageFolderReport report, CheckedImage file) =>
        $"<b>{Text(VisibleText.Of(file.Class))}</b>, {file.Part}<br>{Text(PathOf(report, file))}";

    /// <summary>A file's path below the folder.</summary>
    private static string PathOf(ImageFolderReport report, CheckedImage file) =>
        VisibleText.Of(Path.GetRelativePath(report.Folder, file.Path));

    /// <summary>How many findings there are, and how many files they concern.</summary>
    private static string Count(IReadOnlyCollection<ImageFinding> findings)
    {
        var files = findings.Sum(finding => finding.Files.Count);
        return FormattableString.Invariant($"{findings.Count:N0}") +
            (files > findings.Count ? FormattableString.Invariant($" ({files:N0} files)") : "");
    }
}
