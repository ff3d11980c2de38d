using System.Diagnostics;
using Spectre.Console;

namespace Conformer.Cli.Terminal;

/// <summary>
/// The rows of long work, a line each, of which a terminal also shows the one that is under way. Lines, not a table of Spectre.Console's:
/// its tables never end where wide letters meet a narrow column.
/// </summary>
internal sealed class LiveLines
{
    private static readonly TimeSpan _refreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<TextColumn> _columns;
    private readonly Action<string> _write;
    private readonly Lock _lock = new();
    private readonly Stopwatch _sinceRefresh = Stopwatch.StartNew();
    private LiveDisplayContext? _display;
    private bool _begun;

    private LiveLines(IReadOnlyList<TextColumn> columns, Action<string> write) => (_columns, _write) = (columns, write);

    /// <summary>Shows rows during some work.</summary>
    /// <param name="columns">Their columns, whose widths do not depend on the rows.</param>
    /// <param name="write">Writes a line that is done.</param>
    /// <param name="work">Adds the rows.</param>
    /// <param name="isLive">Whether a terminal also shows the row that is under way.</param>
    public static async Task<T> ShowAsync<T>(
        IReadOnlyList<TextColumn> columns, Action<string> write, Func<LiveLines, Task<T>> work, bool isLive = true)
    {
        var lines = new LiveLines(columns, write);
        if (!isLive || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi)
            return await work(lines);
        return await AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(display =>
        {
            lines._display = display;
            return work(lines);
        });
    }

    /// <summary>Shows how a row stands; it may be left out where it follows fast on another.</summary>
    public void Show(params IReadOnlyList<string> cells)
    {
        if (_display is null || _sinceRefresh.Elapsed < _refreshInterval)
            return;
        lock (_lock)
        {
            Begin();
            _sinceRefresh.Restart();
            _display.UpdateTarget(new Text(TextTable.Line(_columns, cells)));
        }
    }

    /// <summary>Writes a row that is done.</summary>
    public void Add(params IReadOnlyList<string> cells)
    {
        lock (_lock)
        {
            Begin();
            _display?.UpdateTarget(new Text(""));
            _write(TextTable.Line(_columns, cells));
        }
    }

    /// <summary>Writes a line about the row above it.</summary>
    public void AddBelow(string line)
    {
        lock (_lock)
            _write(line);
    }

    private void Begin()
    {
        if (!_begun)
            _write(TextTable.Line(_columns, [.. _columns.Select(column => column.Header)]));
        _begun = true;
    }
}
