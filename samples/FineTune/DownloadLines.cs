using Microsoft.ML.Conformer;
using Spectre.Console;

namespace FineTune;

/// <summary>Writes a line at each full tenth of a download of weights; it may stand above a live table.</summary>
internal sealed class DownloadLines : IProgress<WeightDownloadProgress>
{
    private const int Step = 10;

    private int _next;

    public void Report(WeightDownloadProgress value)
    {
        if (value.TotalBytes is not > 0 || 100 * value.BytesReceived / value.TotalBytes < _next)
            return;
        var percent = (int)(100 * value.BytesReceived / value.TotalBytes.Value) / Step * Step;
        _next = percent + Step;
        AnsiConsole.WriteLine($"weights: {VisibleText.Of(value.FileName)}  {percent} % of {value.TotalBytes / 1e6:0.0} MB");
    }
}
