using System.Diagnostics;
using Microsoft.ML.Conformer;
using Spectre.Console;

namespace FineTune;

/// <summary>Writes a line every few seconds while photos are read; it may stand above a live table.</summary>
internal sealed class ReadingLines : IProgress<ImageReadingProgress>
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    private long _last = Stopwatch.GetTimestamp();

    public void Report(ImageReadingProgress value)
    {
        if (Stopwatch.GetElapsedTime(_last) < _interval)
            return;
        _last = Stopwatch.GetTimestamp();
        AnsiConsole.WriteLine(FormattableString.Invariant($"read {value.Images:n0} of {value.Total:n0} {value.Role} photos"));
    }
}
