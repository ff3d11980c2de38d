using System.Diagnostics;
using Microsoft.ML.Conformer;
using Spectre.Console;

namespace FineTune;

/// <summary>Shows the epochs as a table in the terminal whose last row follows the running epoch.</summary>
internal sealed class LiveProgress : IProgress<TrainingProgress>
{
    private static readonly TimeSpan _refreshInterval = TimeSpan.FromMilliseconds(100);

    private readonly Table _table;
    private readonly LiveDisplayContext _display;
    private readonly Stopwatch _sinceRefresh = Stopwatch.StartNew();

    private LiveProgress(Table table, LiveDisplayContext display) => (_table, _display) = (table, display);

    /// <summary>Runs <paramref name="train"/> while showing what it reports.</summary>
    public static T Show<T>(Func<IProgress<TrainingProgress>, T> train)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns(
            Column("epoch"), Column("progress"), Column("loss"), Column("accuracy"), Column("rate"), Column("images/s"), Column("left"));
        return AnsiConsole.Live(table)
            .Overflow(VerticalOverflow.Crop)
            .Cropping(VerticalOverflowCropping.Top) // a long training scrolls
            .Start(display => train(new LiveProgress(table, display)));
    }

    public void Report(TrainingProgress value)
    {
        while (_table.Rows.Count < value.Epoch)
            _table.AddEmptyRow();
        if (!value.EpochEnded && _sinceRefresh.Elapsed < _refreshInterval)
            return;
        _sinceRefresh.Restart();

        string[] cells =
        [
            $"{value.Epoch}/{value.Epochs}",
            Bar(value),
            $"{value.Loss:0.0000}",
            value.ValidationAccuracy is { } accuracy ? $"{accuracy:0.0000}" : "",
            $"{value.LearningRate:0.0e+0}",
            $"{value.ImagesPerSecond:0.0}",
            $"{(int)value.Remaining.TotalHours}:{value.Remaining:mm\\:ss}",
        ];
        for (var column = 0; column < cells.Length; column++)
            _table.UpdateCell(value.Epoch - 1, column, new Markup(value.IsBest ? $"[green]{cells[column]}[/]" : cells[column]));
        _display.Refresh();
    }

    private static TableColumn Column(string header) => new TableColumn(header).NoWrap().RightAligned();

    private static string Bar(TrainingProgress value)
    {
        const int Width = 10;
        var filled = value.EpochEnded ? Width : Width * value.Step / Math.Max(1, value.Steps);
        return new string('━', filled) + new string(' ', Width - filled);
    }
}
