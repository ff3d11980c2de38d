namespace Conformer.Cli.Training;

/// <summary>Shows each epoch in a line; the best one so far has a star.</summary>
internal sealed class EpochRows(LiveLines lines) : IProgress<TrainingProgress>
{
    public static IReadOnlyList<TextColumn> Columns { get; } =
    [
        new("epoch", 9, IsNumber: true), new("loss", 7, IsNumber: true), new("val. loss", 9, IsNumber: true),
        new("accuracy", 9, IsNumber: true), new("rate", 7, IsNumber: true), new("images/s", 9, IsNumber: true),
        new("left", 9, IsNumber: true),
    ];

    /// <summary>The epochs done, of all.</summary>
    public static string EpochsOf(TrainingProgress value) => (value.EpochEnded ? $"{value.Epoch}"
        : $"{value.Epoch - 1 + (double)value.Step / Math.Max(1, value.Steps):0.0}") + $"/{value.Epochs}";

    public void Report(TrainingProgress value)
    {
        string[] cells =
        [
            EpochsOf(value), $"{value.Loss:0.0000}", $"{value.ValidationLoss:0.0000}",
            $"{(value.EpochEnded && value.IsBest ? "*" : "")}{value.ValidationAccuracy:0.0000}", $"{value.LearningRate:0.0e+0}",
            $"{value.ImagesPerSecond:0.0}", $"{(int)value.Remaining.TotalHours}:{value.Remaining:mm\\:ss}",
        ];
        if (value.EpochEnded)
            lines.Add(cells);
        else
            lines.Show(cells);
    }
}
