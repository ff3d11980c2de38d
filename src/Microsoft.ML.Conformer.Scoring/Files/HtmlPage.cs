using System.Net;
using System.Text;

namespace Microsoft.ML.Conformer.Files;

/// <summary>A part of a page.</summary>
/// <param name="Title">Its heading, plain text.</param>
/// <param name="Add">Adds its content.</param>
internal sealed record PageSection(string Title, Action Add);

/// <summary>A page that is one file: it loads nothing else, which its policy forbids.</summary>
internal static class HtmlPage
{
    private const string Start = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'
        """;

    private const string Style = """
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
          .picture img { display: block; } figcaption { overflow-wrap: anywhere; max-height: 7.25em; overflow: hidden; }
          .single { width: 15.4rem; } .single figure { width: 100%; } .more { color: GrayText; }
        """;

    /// <summary>The beginning of a page, to which its content is added.</summary>
    /// <param name="title">Its title and heading, plain text.</param>
    /// <param name="style">CSS beside what all pages have.</param>
    /// <param name="hasScripts">Whether the page has scripts of its own; else its policy forbids them.</param>
    public static StringBuilder Begin(string title, string style = "", bool hasScripts = false) =>
        new StringBuilder($"{Start}{(hasScripts ? "; script-src 'unsafe-inline'" : "")}\">\n<title>{Text(title)}</title>\n")
            .Append($"{Style}\n{style}</style>\n</head>\n<body>\n").AppendLine($"<h1>{Text(title)}</h1>");

    /// <summary>Adds sections, and before them links to each.</summary>
    public static void AddSections(StringBuilder page, IReadOnlyList<PageSection> sections)
    {
        page.AppendLine($"<nav>{string.Join(' ', sections.Index().Select(one => $"<a href=\"#s{one.Index}\">{Text(one.Item.Title)}</a>"))}</nav>");
        foreach (var (index, section) in sections.Index())
        {
            page.AppendLine($"<h2 id=\"s{index}\">{Text(section.Title)}</h2>");
            section.Add();
        }
    }

    /// <summary>The whole page.</summary>
    public static string End(StringBuilder page) => page.AppendLine("</body>").AppendLine("</html>").ToString();

    /// <summary>Plain text, of others or not, as HTML or XML.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <param name="uri">A data URI; null where there is nothing to show.</param>
    public static string Picture(string? uri) =>
        $"<div class=\"picture\">{(uri is null ? "no preview" : $"<img src=\"{uri}\" alt=\"\">")}</div>";

    /// <summary>A line about what is not shown; none where all is.</summary>
    public static string More(int count, string what) =>
        count > 0 ? FormattableString.Invariant($"<p class=\"more\">and {count:N0} more {what}</p>") : "";
}
