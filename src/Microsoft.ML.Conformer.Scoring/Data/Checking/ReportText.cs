using System.Text;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>A report in lines of text.</summary>
internal static class ReportText
{
    private const int FindingsOfKind = 3, FilesOfFinding = 3;

    public static string Of(ImageFolderReport report)
    {
        var text = new StringBuilder(Header(report));
        if (report.PassedOver is { } passedOver)
            text.AppendLine().Append(passedOver);
        var kinds = report.Findings.GroupBy(finding => finding.Kind).ToList();
        if (kinds.Count == 0)
            return text.AppendLine().Append("nothing found").ToString();

        var rows = kinds.Select(kind => (Kind: FindingKindInfo.Of(kind.Key), Findings: kind.ToList())).ToList();
        var width = rows.Max(row => row.Kind.Title.Length);
        foreach (var (kind, findings) in rows)
        {
            text.AppendLine().Append($"{Word(kind.Severity),-8} {kind.Title.PadRight(width)}  {Count(findings)}");
            foreach (var finding in findings.Take(FindingsOfKind))
                text.AppendLine().Append($"         - {Describe(report, finding)}");
            if (findings.Count > FindingsOfKind)
                text.AppendLine().Append(FormattableString.Invariant($"         - and {findings.Count - FindingsOfKind:N0} more"));
        }
        return text.ToString();
    }

    /// <summary>The numbers of classes and images, a line.</summary>
    public static string Header(ImageFolderReport report)
    {
        var concerned = report.Findings.SelectMany(finding => finding.Files).Distinct().Count();
        return $"'{VisibleText.Of(report.Folder)}': " + FormattableString.Invariant(
            $"{report.Classes.Count:N0} classes, {report.ImageCount:N0} images, of which findings concern {concerned:N0}");
    }

    /// <summary>A file's path below the folder.</summary>
    public static string Path(ImageFolderReport report, CheckedImage file) =>
        VisibleText.Of(System.IO.Path.GetRelativePath(report.Folder, file.Path));

    public static string Word(ImageFindingSeverity severity) => severity.ToString().ToLowerInvariant();

    /// <summary>How many findings there are, and how many files they concern.</summary>
    public static string Count(IReadOnlyCollection<ImageFinding> findings)
    {
        var files = findings.Sum(finding => finding.Files.Count);
        return FormattableString.Invariant($"{findings.Count:N0}") +
            (files > findings.Count ? FormattableString.Invariant($" ({files:N0} files)") : "");
    }

    private static string Describe(ImageFolderReport report, ImageFinding finding)
    {
        var files = finding.Files.Take(FilesOfFinding).Select(file => $"'{Path(report, file)}'");
        var more = finding.Files.Count > FilesOfFinding ? ", ..." : "";
        return finding.Files.Count == 0 ? finding.Message : $"{string.Join(", ", files)}{more}: {finding.Message}";
    }
}
