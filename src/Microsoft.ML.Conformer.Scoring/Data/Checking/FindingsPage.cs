using System.Text;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>The findings of one kind.</summary>
/// <param name="Id">The kind's name.</param>
/// <param name="Info">What is said about it.</param>
/// <param name="Count">How many there are, in words.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Findings">Those that are known one by one.</param>
internal sealed record FindingGroup(
    string Id, FindingKindInfo Info, string Count, int Total, IReadOnlyList<ShownFinding> Findings);

/// <summary>A finding.</summary>
/// <param name="Message">The reason, in words.</param>
/// <param name="Files">The images that it concerns: their paths, what stands under them, as HTML, and how text calls them.</param>
internal sealed record ShownFinding(string Message, IReadOnlyList<(string Path, string Caption, string Name)> Files);

/// <summary>What a check found as a page that is one file.</summary>
internal static class FindingsPage
{
    private const int FindingsOfKind = 60, FilesOfFinding = 12, ThumbnailsOfKind = 60;

    /// <param name="title">The heading, plain text.</param>
    /// <param name="lines">What stands below it, plain text.</param>
    /// <param name="kinds">The findings.</param>
    /// <param name="thumbnails">Shows the images.</param>
    public static string Of(string title, IEnumerable<string> lines, IReadOnlyList<FindingGroup> kinds, Thumbnails thumbnails)
    {
        var page = Begin(title);
        foreach (var line in lines)
            page.AppendLine($"<p>{Text(line)}</p>");
        if (kinds.Count == 0)
            page.AppendLine("<p>Nothing was found.</p>");
        else
            AddContents(page, kinds);
        foreach (var kind in kinds)
            AddKind(page, kind, thumbnails);
        return End(page);
    }

    private static void AddContents(StringBuilder page, IReadOnlyList<FindingGroup> kinds)
    {
        page.AppendLine("<table><tr><th></th><th>finding</th><th class=\"number\">number</th></tr>");
        foreach (var kind in kinds)
            page.AppendLine($"<tr><td>{Badge(kind.Info)}</td><td><a href=\"#{kind.Id}\">{Text(kind.Info.Title)}</a></td>" +
                $"<td class=\"number\">{Text(kind.Count)}</td></tr>");
        page.AppendLine("</table>");
    }

    private static void AddKind(StringBuilder page, FindingGroup kind, Thumbnails thumbnails)
    {
        page.AppendLine($"<h2 id=\"{kind.Id}\">{Badge(kind.Info)} {Text(kind.Info.Title)}: {Text(kind.Count)}</h2>");
        page.AppendLine($"<p>{Text(kind.Info.Advice)}</p>").AppendLine("<div class=\"findings\">");
        var left = ThumbnailsOfKind;
        foreach (var finding in kind.Findings.Take(FindingsOfKind))
        {
            page.AppendLine($"<div class=\"finding{(finding.Files.Count == 1 ? " single" : "")}\"><div class=\"files\">");
            foreach (var (path, caption, _) in finding.Files.Take(FilesOfFinding))
                page.AppendLine($"<figure>{Picture(left-- > 0 ? thumbnails.Of(path) : null)}<figcaption>{caption}</figcaption></figure>");
            page.AppendLine($"</div><p>{Text(finding.Message)}</p>{More(finding.Files.Count - FilesOfFinding, "files")}</div>");
        }
        var shown = Math.Min(kind.Findings.Count, FindingsOfKind);
        page.AppendLine($"</div>{More(kind.Total - shown, "findings; the JSON report has all")}");
    }

    private static string Badge(FindingKindInfo kind)
    {
        var word = FindingsText.Word(kind.Severity);
        return $"<span class=\"badge {word}\">{word}</span>";
    }
}
