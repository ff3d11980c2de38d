using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Conformer.Cli.Exporting;

/// <summary>Names and values in two columns of a terminal, or as JSON.</summary>
internal static class Facts
{
    private const int Columns = 80, NameColumns = 13;

    /// <summary>What a terminal would obey is escaped, letters of any language are not.</summary>
    private static readonly JsonSerializerOptions _json =
        new(ReportJson.Options) { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public static void PrintJson<T>(T facts) => Console.WriteLine(JsonSerializer.Serialize(facts, _json));

    /// <summary>A name stands once before values that follow each other.</summary>
    public static void Print(IEnumerable<(string Name, string Text)> lines)
    {
        var last = "";
        foreach (var (name, text) in lines)
        {
            var shown = name == last ? "" : name;
            foreach (var line in Wrap(text, Columns - NameColumns))
            {
                Console.WriteLine($"{shown.PadRight(NameColumns)}{line}");
                shown = "";
            }
            last = name;
        }
    }

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Size(long bytes) => bytes < 1_000_000
        ? FormattableString.Invariant($"{bytes:N0} bytes")
        : FormattableString.Invariant($"{bytes / 1e6:N1} MB");

    /// <summary>Lines of at most so many columns, broken between words where that is possible.</summary>
    public static IEnumerable<string> Wrap(string text, int columns)
    {
        var (line, width) = ("", 0);
        foreach (var word in text.Split(' '))
        {
            var ofWord = VisibleText.ColumnsOf(word);
            if (line.Length > 0 && width + 1 + ofWord <= columns)
            {
                (line, width) = ($"{line} {word}", width + 1 + ofWord);
                continue;
            }
            if (line.Length > 0)
                yield return line;
            (line, width) = ("", 0);
            foreach (var rune in word.EnumerateRunes())
            {
                var ofRune = VisibleText.ColumnsOf(rune.ToString());
                if (width + ofRune > columns)
                {
                    yield return line;
                    (line, width) = ("", 0);
                }
                (line, width) = ($"{line}{rune}", width + ofRune);
            }
        }
        yield return line;
    }
}
