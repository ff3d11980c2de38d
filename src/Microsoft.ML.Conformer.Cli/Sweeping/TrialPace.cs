using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>How long trials take, as the one that runs tells.</summary>
internal sealed class TrialPace : IProgress<TrialProgress>
{
    private TrainingProgress? _last;

    /// <summary>How long the last trial takes from its first to its last epoch; null before its first steps.</summary>
    public TimeSpan? Trial => _last is { } last ? last.Elapsed + last.Remaining : null;

    /// <summary>How long one of its epochs takes, validation included.</summary>
    public TimeSpan? Epoch => _last is { } last ? Trial / last.Epochs : null;

    public void Report(TrialProgress value) => _last = value.Training;

    /// <summary>A time for people.</summary>
    public static string Text(TimeSpan time) => time.TotalSeconds < 100 ? FormattableString.Invariant($"{time.TotalSeconds:0.#} s")
        : time.TotalMinutes < 100 ? FormattableString.Invariant($"{time.TotalMinutes:0} min")
        : FormattableString.Invariant($"{time.TotalHours:0.#} h");
}
