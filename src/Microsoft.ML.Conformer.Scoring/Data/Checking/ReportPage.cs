using System.Text;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>A report as a page that is one file.</summary>
internal static class ReportPage
{
    private const int FindingsOfKind = 60, FilesOfFinding = 12, ThumbnailsOfKind = 60;

    public static string Of(ImageFolderReport report, Thumbnails thumbnails)
    {
        var page = Begin("Check of the photos").AppendLine($"<p>{Text(ReportText.Header(report))}</p>");
        if (report.PassedOver is { } passedOver)
            page.AppendLine($"<p>{Text(passedOver)}</p>");
        var kinds = report.Findings.GroupBy(finding => finding.Kind).ToList();
        if (kinds.Count == 0)
            page.AppendLine("<p>Nothing was found.</p>");
        else
            AddContents(page, kinds);
        foreach (var kind in kinds)
            AddKind(page, report, [.. kind], thumbnails);
        return End(page);
    }

    private static void AddContents(StringBuilder page, IEnumerable<IGrouping<ImageFindingKind, ImageFinding>> kinds)
    {
        page.AppendLine("<table><tr><th></th><th>finding</th><th class=\"number\">number</th></tr>");
        foreach (var kind in kinds)
        {
            var info = FindingKindInfo.Of(kind.Key);
            page.AppendLine($"<tr><td>{Badge(info)}</td><td><a href=\"#{kind.Key}\">{Text(info.Title)}</a></td>" +
                $"<td class=\"number\">{Text(ReportText.Count([.. kind]))}</td></tr>");
        }
        page.AppendLine("</table>");
    }

    private static void AddKind(StringBuilder page, ImageFolderReport report, List<ImageFinding> findings, Thumbnails thumbnails)
    {
        var kind = findings[0].Kind;
        var info = FindingKindInfo.Of(kind);
        page.AppendLine($"<h2 id=\"{kind}\">{Badge(info)} {Text(info.Title)}: {Text(ReportText.Count(findings))}</h2>");
        page.AppendLine($"<p>{Text(info.Advice)}</p>").AppendLine("<div class=\"findings\">");
        var left = ThumbnailsOfKind;
        foreach (var finding in findings.Take(FindingsOfKind))
        {
            page.AppendLine($"<div class=\"finding{(finding.Files.Count == 1 ? " single" : "")}\"><div class=\"files\">");
            foreach (var file in finding.Files.Take(FilesOfFinding))
                page.AppendLine($"<figure>{Picture(left-- > 0 ? thumbnails.Of(file.Path) : null)}<figcaption>" +
                    $"<b>{Text(VisibleText.Of(file.Class))}</b>, {file.Part}<br>{Text(ReportText.Path(report, file))}" +
                    "</figcaption></figure>");
            page.AppendLine($"</div><p>{Text(finding.Message)}</p>{More(finding.Files.Count - FilesOfFinding, "files")}</div>");
        }
        page.AppendLine($"</div>{More(findings.Count - FindingsOfKind, "findings; the JSON report has all")}");
    }

    private static string Badge(FindingKindInfo kind)
    {
        var word = ReportText.Word(kind.Severity);
        return $"<span class=\"badge {word}\">{word}</span>";
    }
}
