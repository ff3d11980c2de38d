namespace Conformer.Cli.Training;

/// <summary>A figure of the validation that is shown of each epoch.</summary>
/// <param name="Header">What it is called.</param>
/// <param name="Of">Gives it; null within an epoch.</param>
/// <param name="IsJudged">Whether the best epoch so far has a star at it.</param>
internal sealed record EpochFigure(string Header, Func<TrainingProgress, double?> Of, bool IsJudged = false);

/// <summary>Shows each epoch in a line; the best one so far has a star.</summary>
internal sealed class EpochRows(LiveLines lines, IReadOnlyList<EpochFigure> figures) : IProgress<TrainingProgress>
{
    public static IReadOnlyList<TextColumn> ColumnsOf(IReadOnlyList<EpochFigure> figures) =>
    [
        new("epoch", 9, IsNumber: true), new("loss", 7, IsNumber: true),
        .. figures.Select(figure => new TextColumn(figure.Header, 9, IsNumber: true)),
        new("rate", 7, IsNumber: true), new("images/s", 9, IsNumber: true), new("left", 9, IsNumber: true),
    ];

    /// <summary>The epochs done, of all.</summary>
    public static string EpochsOf(TrainingProgress value) => (value.EpochEnded ? $"{value.Epoch}"
        : $"{value.Epoch - 1 + (double)value.Step / Math.Max(1, value.Steps):0.0}") + $"/{value.Epochs}";

    public void Report(TrainingProgress value)
    {
        string[] cells =
        [
            EpochsOf(value), $"{value.Loss:0.0000}",
            .. figures.Select(figure => $"{(value.EpochEnded && value.IsBest && figure.IsJudged ? "*" : "")}{figure.Of(value):0.0000}"),
            $"{value.LearningRate:0.0e+0}", $"{value.ImagesPerSecond:0.0}",
            $"{(int)value.Remaining.TotalHours}:{value.Remaining:mm\\:ss}",
        ];
        if (value.EpochEnded)
            lines.Add(cells);
        else
            lines.Show(cells);
    }
}
