namespace Microsoft.ML.Conformer.AutoML.Pruning;

/// <summary>
/// How good a trial is at a rung: by its figure of merit, and where two have the same, as happens on few images, by its loss.
/// </summary>
/// <param name="Merit">Higher is better.</param>
/// <param name="Loss">Validation loss in nats; lower is better.</param>
internal readonly record struct RungScore(double Merit, double Loss) : IComparable<RungScore>
{
    public static RungScore Worst => new(double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>Positive where this one is better.</summary>
    public int CompareTo(RungScore other) => Merit.CompareTo(other.Merit) is var byMerit and not 0 ? byMerit : other.Loss.CompareTo(Loss);
}
