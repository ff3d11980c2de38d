using System.Diagnostics;

namespace Conformer.Cli.Terminal;

/// <summary>Writes a line to the error output every few seconds while images are scored or read.</summary>
internal sealed class ProgressLines : IProgress<ImageReadingProgress>
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    private long _last = Stopwatch.GetTimestamp();

    public void Report(ImageReadingProgress value)
    {
        if (Stopwatch.GetElapsedTime(_last) < _interval)
            return;
        _last = Stopwatch.GetTimestamp();
        var total = value.Total is { } known ? FormattableString.Invariant($" of {known:n0}") : "";
        Console.Error.WriteLine(FormattableString.Invariant($"{value.Role}: {value.Images:n0}{total} images"));
    }
}
