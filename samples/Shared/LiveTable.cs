using System.Diagnostics;
using Spectre.Console;

namespace Samples.Shared;

/// <summary>A table whose rows change while the program works; for a file or a pipe, a line for each row that is done.</summary>
public sealed class LiveTable
{
    private static readonly TimeSpan _refreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly string[] _headers;
    private readonly Table _table = new Table().Border(TableBorder.Rounded);
    private readonly HashSet<int> _finalRows = [];
    private readonly Stopwatch _sinceRefresh = Stopwatch.StartNew();
    private LiveDisplayContext? _display;

    private LiveTable(string[] headers)
    {
        _headers = headers;
        foreach (var header in headers)
            _table.AddColumn(header == headers[^1] ? new TableColumn(header) : new TableColumn(header).NoWrap().RightAligned());
    }

    /// <summary>Shows a table during some work.</summary>
    /// <param name="headers">The columns; the last one's text may wrap.</param>
    /// <param name="work">Changes the table, never on two threads at once.</param>
    public static async Task<T> ShowAsync<T>(string[] headers, Func<LiveTable, Task<T>> work)
    {
        var live = new LiveTable(headers);
        if (Console.IsOutputRedirected)
            return await work(live);
        return await AnsiConsole.Live(live._table)
            .Overflow(VerticalOverflow.Crop)
            .Cropping(VerticalOverflowCropping.Top) // long work scrolls
            .StartAsync(display =>
            {
                live._display = display;
                return work(live);
            });
    }

    /// <summary>Changes a row.</summary>
    /// <param name="row">Its place, from 0.</param>
    /// <param name="isFinal">Whether its work is done; otherwise the table may leave out a change that follows fast on another.</param>
    /// <param name="color">Color of its text.</param>
    /// <param name="cells">Its text, one for each column; null and empty ones have nothing to say.</param>
    public void Set(int row, bool isFinal, string color, params string?[] cells)
    {
        if (_display is null)
        {
            var texts = _headers.Zip(cells, (header, cell) => string.IsNullOrEmpty(cell) ? null : $"{header} {cell}");
            if (isFinal && _finalRows.Add(row))
                Console.WriteLine(string.Join("  ", texts.OfType<string>()));
            return;
        }
        while (_table.Rows.Count <= row)
            _table.AddEmptyRow();
        if (!isFinal && _sinceRefresh.Elapsed < _refreshInterval)
            return;
        _sinceRefresh.Restart();
        for (var column = 0; column < cells.Length; column++)
            _table.UpdateCell(row, column, new Markup($"[{color}]{Markup.Escape(cells[column] ?? "")}[/]"));
        _display.Refresh();
    }
}
