using System.Diagnostics;
using Spectre.Console;

namespace AutoMLSweep;

/// <summary>Shows the trials as a table in the terminal.</summary>
internal sealed class LiveTable
{
    private static readonly TimeSpan _refreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly Table _table;
    private readonly LiveDisplayContext _display;
    private readonly Stopwatch _sinceRefresh = Stopwatch.StartNew();

    private LiveTable(Table table, LiveDisplayContext display) => (_table, _display) = (table, display);

    /// <summary>Runs <paramref name="sweep"/> while showing the rows that it passes on.</summary>
    public static async Task ShowAsync(string metric, Func<Action<TrialRow>, Task> sweep)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns(
            Right("trial"), new TableColumn("state").NoWrap(), Right("epochs"), Right("accuracy"), Right(metric), Right("seconds"),
            new TableColumn("settings"));
        await AnsiConsole.Live(table)
            .Overflow(VerticalOverflow.Crop)
            .Cropping(VerticalOverflowCropping.Top) // a long sweep scrolls
            .StartAsync(display => sweep(new LiveTable(table, display).Show));
    }

    private void Show(TrialRow row)
    {
        while (_table.Rows.Count <= row.Index)
            _table.AddEmptyRow();
        if (row.State == TrialState.Running && _sinceRefresh.Elapsed < _refreshInterval)
            return;
        _sinceRefresh.Restart();

        string[] cells =
        [
            $"{row.Settings.TrialId}",
            Describe(row),
            row.Epochs > 0 ? $"{row.EpochsDone:0.0}/{row.Epochs}" : $"{row.EpochsDone:0}",
            row.Accuracy is { } accuracy ? $"{accuracy:0.0000}" : "",
            row.Metric is { } metric ? $"{metric:0.0000}" : "",
            row.Seconds is { } seconds ? $"{seconds:0.0}" : "",
            Markup.Escape(row.Error ?? row.Values),
        ];
        for (var column = 0; column < cells.Length; column++)
            _table.UpdateCell(row.Index, column, new Markup($"[{Color(row)}]{cells[column]}[/]"));
        _display.Refresh();
    }

    private static string Describe(TrialRow row) =>
        (row.IsBest ? "best" : row.State.ToString().ToLowerInvariant()) + (row.IsRecalled ? ", recalled" : "");

    private static string Color(TrialRow row) => row switch
    {
        { IsBest: true } => "green",
        { State: TrialState.Failed } => "red",
        { State: TrialState.Pruned } => "grey",
        _ => "default",
    };

    private static TableColumn Right(string header) => new TableColumn(header).NoWrap().RightAligned();
}
