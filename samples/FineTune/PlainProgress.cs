using System.Globalization;
using Microsoft.ML.Conformer;

namespace FineTune;

/// <summary>Reports each epoch as a line: for logs and pipes.</summary>
internal sealed class PlainProgress(TextWriter output) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (!value.EpochEnded)
            return;
        var accuracy = value.ValidationAccuracy is { } fraction ? $"  val-accuracy {fraction:0.0000}" : "";
        var loss = value.ValidationLoss is { } nats ? $"  val-loss {nats:0.0000}" : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"epoch {value.Epoch,3}/{value.Epochs}  loss {value.Loss:0.0000}{loss}{accuracy}  lr {value.LearningRate:0.000000}  " +
            $"{value.ImagesPerSecond:0.0} images/s  {(int)value.Remaining.TotalHours}:{value.Remaining:mm\\:ss} left" +
            $"{(value.IsBest ? "  best" : "")}"));
    }
}
