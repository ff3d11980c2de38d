using System.Net;
using System.Text;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>A report as a page that is one file. It runs no scripts, and its policy forbids them.</summary>
internal static class ReportPage
{
    private const int FindingsOfKind = 60, FilesOfFinding = 12, ThumbnailsOfKind = 60;

    private const string Head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>Check of the photos</title>
        <style>
          :root { color-scheme: light dark; --line: light-dark(#d5d9e0, #3d434d); --soft: light-dark(#f4f5f8, #22262d);
            --error: light-dark(#b3261e, #ff8a80); --warning: light-dark(#8a5a00, #ffc046); --note: light-dark(#2b5fb0, #8ab4f8); }
          body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
          h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .2rem; } p { margin: .3rem 0; }
          table { border-collapse: collapse; margin: 1rem 0; } th { text-align: left; }
          td, th { padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid var(--line); } .number { text-align: right; }
          .error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); }
          .badge { border: 1px solid; border-radius: .3rem; padding: 0 .4rem; font-size: .85rem; font-weight: normal; }
          .findings { display: flex; flex-wrap: wrap; gap: .8rem; align-items: flex-start; margin-top: .8rem; }
          .finding { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem; max-width: 100%;
            box-sizing: border-box; }
          .finding > p { max-width: 32rem; overflow-wrap: anywhere; }
          .files { display: flex; flex-wrap: wrap; gap: .6rem; } .finding figure { margin: 0; width: 9rem; font-size: .8rem; }
          .picture { height: 112px; display: flex; align-items: center; justify-content: center; border-radius: .2rem;
            background: light-dark(#e6e9ee, #14171b); color: GrayText; }
          .picture img { display: block; } figcaption { overflow-wrap: anywhere; max-height: 6.6em; overflow: hidden; }
          .single { width: 15.4rem; } .single figure { width: 100%; } .more { color: GrayText; }
        </style>
        </head>
        <body>

        """;

    public static string Of(ImageFolderReport report, Thumbnails thumbnails)
    {
        var page = new StringBuilder(Head)
            .AppendLine("<h1>Check of the photos</h1>").AppendLine($"<p>{Text(ReportText.Header(report))}</p>");
        if (report.PassedOver is { } passedOver)
            page.AppendLine($"<p>{Text(passedOver)}</p>");
        var kinds = report.Findings.GroupBy(finding => finding.Kind).ToList();
        if (kinds.Count == 0)
            page.AppendLine("<p>Nothing was found.</p>");
        else
            AddContents(page, kinds);
        foreach (var kind in kinds)
            AddKind(page, report, [.. kind], thumbnails);
        return page.AppendLine("</body>").AppendLine("</html>").ToString();
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

    private static string Picture(string? uri) =>
        $"<div class=\"picture\">{(uri is null ? "no preview" : $"<img src=\"{uri}\" alt=\"\">")}</div>";

    private static string More(int count, string what) =>
        count > 0 ? FormattableString.Invariant($"<p class=\"more\">and {count:N0} more {what}</p>") : "";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
