using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>What a run of the suite measured: tables, shown as soon as they are there, and the figures behind them.</summary>
internal sealed class Report(string command)
{
    private const string Begin = "<!-- measured: begin -->", End = "<!-- measured: end -->";

    private readonly StringBuilder _markdown = new();
    private readonly List<object> _figures = [];

    /// <summary>A table, with the command that measures one of its lines by itself.</summary>
    public void Add(string title, string text, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
        Write($"### {title}", "", text, "", Line(columns), Line(columns.Select((_, index) => index == 0 ? "---" : "---:")));
        foreach (var row in rows)
            Write(Line(row));
        Write("");
    }

    /// <summary>What a command of its own printed.</summary>
    public void AddOutput(string title, string text, string output) =>
        Write($"### {title}", "", text, "", "```text", output.TrimEnd(), "```", "");

    public void Keep(string title, IEnumerable<Figure> figures) => _figures.AddRange(figures.Select(figure => new
    {
        title,
        name = figure.Name,
        median_ms = figure.Median,
        medians_ms = figure.Medians,
        p95_ms = figure.Percentile(95),
        p99_ms = figure.Percentile(99),
        peak_mib = figure.PeakMiB,
        allocated_bytes = figure.AllocatedBytes,
    }));

    /// <summary>Throws where the results could not be written, before half an hour is spent on them.</summary>
    public static void Check(SuiteOptions options)
    {
        if (options.Page is { } page)
            MeasuredPart(File.ReadAllText(page), page);
        foreach (var file in ((string?[])[options.Page, options.Json]).OfType<string>())
            File.OpenWrite(file).Dispose();
    }

    public void SaveFigures(SuiteOptions options)
    {
        if (options.Json is { } json)
            File.WriteAllText(json, JsonSerializer.Serialize(
                new { command, date = Today, machine = Machine.Description, figures = _figures },
                new JsonSerializerOptions { WriteIndented = true }));
    }

    public void SavePage(SuiteOptions options)
    {
        if (options.Page is { } page)
            File.WriteAllText(page, WithMeasuredPart(File.ReadAllText(page), page));
    }

    private static string Today => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private string WithMeasuredPart(string page, string path)
    {
        var (begin, end) = MeasuredPart(page, path);
        var head = $"""
            {Begin}
            Written by `{command}` on {Today}. {Machine.Description}

            """;
        return page[..begin] + head + "\n" + _markdown.ToString().TrimEnd() + "\n\n" + page[end..];
    }

    private static (int Begin, int End) MeasuredPart(string page, string path)
    {
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        return begin >= 0 && end >= begin
            ? (begin, end)
            : throw new InvalidOperationException($"'{path}' has no lines '{Begin}' and '{End}', between which the figures go.");
    }

    private void Write(params IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Console.WriteLine(line);
            _markdown.Append(line).Append('\n');
        }
    }
}
