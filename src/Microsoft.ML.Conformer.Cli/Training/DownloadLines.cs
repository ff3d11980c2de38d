namespace Conformer.Cli.Training;

/// <summary>Writes a line at each full tenth of a download of weights.</summary>
internal sealed class DownloadLines(Action<string> write) : IProgress<WeightDownloadProgress>
{
    private const int Step = 10;

    private int _next;

    public void Report(WeightDownloadProgress value)
    {
        if (value.TotalBytes is not > 0 || 100 * value.BytesReceived / value.TotalBytes < _next)
            return;
        var percent = (int)(100 * value.BytesReceived / value.TotalBytes.Value) / Step * Step;
        _next = percent + Step;
        write($"weights: {VisibleText.Of(value.FileName)}  {percent} % of {value.TotalBytes / 1e6:0.0} MB");
    }
}
