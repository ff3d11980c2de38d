using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Conformer.Cli.Terminal;

/// <summary>Names and values in two columns of a terminal, or as JSON.</summary>
internal static class Facts
{
    private const int NameColumns = 13;

    private static readonly JsonSerializerOptions _json = new(ReportJson.Options) { Encoder = Encoder };

    /// <summary>What a terminal would obey is escaped, letters of any language are not.</summary>
    public static JavaScriptEncoder Encoder => field ??= JavaScriptEncoder.Create(UnicodeRanges.All);

    public static void PrintJson<T>(T facts) => Console.WriteLine(JsonSerializer.Serialize(facts, _json));

    /// <summary>A name stands once before values that follow each other.</summary>
    public static void Print(IEnumerable<(string Name, string Text)> lines)
    {
        var last = "";
        foreach (var (name, text) in lines)
        {
            foreach (var line in TextTable.Wrapped(text, (name == last ? "" : name).PadRight(NameColumns)))
                Console.WriteLine(line);
            last = name;
        }
    }

    public static string Size(long bytes) => bytes < 1_000_000
        ? FormattableString.Invariant($"{bytes:N0} bytes")
        : FormattableString.Invariant($"{bytes / 1e6:N1} MB");
}
