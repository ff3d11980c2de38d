namespace Microsoft.ML.Conformer;

/// <summary>The learning rates that a search for a good one tries. What it trains, and on what, is as the trainer's options say.</summary>
public sealed class LearningRateFinderOptions
{
    private const int FewestSteps = 20;

    /// <summary>The learning rate of the first step, above 0. Default 1e-7.</summary>
    public double Min { get; set; } = 1e-7;

    /// <summary>The learning rate of the last step, above <see cref="Min"/>. Default 1. The search often ends before.</summary>
    public double Max { get; set; } = 1;

    /// <summary>Steps in which the learning rate rises exponentially, each on a batch of its own, at least 20. Default 100.</summary>
    public int Steps { get; set; } = 100;

    /// <summary>What the smoothed loss keeps of itself in a step, 0 to below 1. Default 0.98, as in fastai.</summary>
    /// <remarks>
    /// It lags behind the loss: over 100 steps the suggestion comes out up to four times as high as without, with 0.9 twice as high. Where
    /// batches are large or steps few, less may do.
    /// </remarks>
    public double Smoothing { get; set; } = 0.98;

    internal string Describe() => FormattableString.Invariant(
        $"{nameof(Min)} {Min}, {nameof(Max)} {Max}, {nameof(Steps)} {Steps}, {nameof(Smoothing)} {Smoothing}");

    internal void Check() => OptionFaults.ThrowIfAny([.. Faults()]);

    private IEnumerable<string> Faults()
    {
        if (!(double.IsFinite(Min) && Min > 0))
            yield return FormattableString.Invariant($"{nameof(Min)} is {Min}; it must be above 0.");
        if (!(double.IsFinite(Max) && Max > Min))
            yield return FormattableString.Invariant($"{nameof(Max)} is {Max}; it must be above {nameof(Min)} ({Min}).");
        else if (Min > 0 && !double.IsFinite(Max / Min))
            yield return FormattableString.Invariant($"{nameof(Max)} is {Max} and {nameof(Min)} {Min}; they are too far apart.");
        if (Steps < FewestSteps)
            yield return $"{nameof(Steps)} is {Steps}; it must be at least {FewestSteps}.";
        if (!(Smoothing is >= 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(Smoothing)} is {Smoothing}; it must be 0 to below 1.");
    }
}
