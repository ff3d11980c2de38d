using Microsoft.ML.Conformer;
using Samples.Shared;

namespace FineTune;

/// <summary>Shows each epoch as a row of a table; the last one follows the running epoch.</summary>
internal sealed class EpochRows(LiveTable table) : IProgress<TrainingProgress>
{
    public static readonly string[] Headers = ["epoch", "loss", "val-loss", "val-accuracy", "rate", "images/s", "left"];

    public void Report(TrainingProgress value)
    {
        var done = value.EpochEnded ? value.Epoch : value.Epoch - 1 + (double)value.Step / Math.Max(1, value.Steps);
        table.Set(
            value.Epoch - 1, value.EpochEnded, value.IsBest ? "green" : "default",
            $"{done:0.0}/{value.Epochs}", $"{value.Loss:0.0000}", $"{value.ValidationLoss:0.0000}", $"{value.ValidationAccuracy:0.0000}",
            $"{value.LearningRate:0.0e+0}", $"{value.ImagesPerSecond:0.0}", $"{(int)value.Remaining.TotalHours}:{value.Remaining:mm\\:ss}");
    }
}
