using System.Text;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>What a check found in lines of text.</summary>
internal static class FindingsText
{
    private const int FindingsOfKind = 3, FilesOfFinding = 3;

    /// <param name="lines">What stands first.</param>
    /// <param name="kinds">The findings.</param>
    public static string Of(IEnumerable<string> lines, IReadOnlyList<FindingGroup> kinds)
    {
        var text = new StringBuilder().AppendJoin(Environment.NewLine, lines);
        if (kinds.Count == 0)
            return text.AppendLine().Append("nothing found").ToString();
        var width = kinds.Max(kind => kind.Info.Title.Length);
        foreach (var kind in kinds)
        {
            text.AppendLine().Append($"{Word(kind.Info.Severity),-8} {kind.Info.Title.PadRight(width)}  {kind.Count}");
            foreach (var finding in kind.Findings.Take(FindingsOfKind))
                text.AppendLine().Append($"         - {Describe(finding)}");
            if (kind.Total > FindingsOfKind)
                text.AppendLine().Append(FormattableString.Invariant($"         - and {kind.Total - FindingsOfKind:N0} more"));
        }
        return text.ToString();
    }

    public static string Word(ImageFindingSeverity severity) => severity.ToString().ToLowerInvariant();

    private static string Describe(ShownFinding finding)
    {
        var files = finding.Files.Take(FilesOfFinding).Select(file => $"'{file.Name}'");
        var more = finding.Files.Count > FilesOfFinding ? ", ..." : "";
        return finding.Files.Count == 0 ? finding.Message : $"{string.Join(", ", files)}{more}: {finding.Message}";
    }
}
