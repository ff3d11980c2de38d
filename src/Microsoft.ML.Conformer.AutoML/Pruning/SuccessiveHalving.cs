namespace Microsoft.ML.Conformer.AutoML.Pruning;

/// <summary>Remembers how trials did at the rungs, and says which go on.</summary>
internal sealed class SuccessiveHalving
{
    private readonly SuccessiveHalvingOptions _options;
    private readonly List<RungScore>[] _rungs;

    public SuccessiveHalving(SuccessiveHalvingOptions options)
    {
        options.Check();
        _options = options;
        _rungs = [.. Enumerable.Range(0, options.Rungs).Select(_ => new List<RungScore>())];
    }

    /// <summary>The rung that a trial of so many epochs comes to at the end of an epoch (from 1), or null.</summary>
    public int? RungAt(int epoch, int epochs)
    {
        // The later rung where two fall on one epoch: the trials there have come further.
        for (var rung = _options.Rungs - 1; rung >= 0; rung--)
            if (RungEpoch(rung, epochs) == epoch && epoch < epochs)
                return rung;
        return null;
    }

    /// <summary>Notes a trial's score at a rung and tells whether it goes on. An earlier one with the same score ranks before it.</summary>
    public bool Continues(int rung, RungScore score)
    {
        var scores = _rungs[rung];
        var rank = scores.Count(other => other.CompareTo(score) >= 0);
        scores.Add(score);
        return rank < Math.Max(1, scores.Count / _options.ReductionFactor);
    }

    private int RungEpoch(int rung, int epochs) =>
        Math.Max(_options.MinEpochs, (int)Math.Round(epochs / Math.Pow(_options.ReductionFactor, _options.Rungs - rung)));
}

/// <summary>How good a trial is at a rung: by its merit, and where two have the same, as happens on few images, by its loss.</summary>
internal readonly record struct RungScore(double Merit, double Loss) : IComparable<RungScore>
{
    public static RungScore Worst => new(double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>Positive where this one is better: has a higher merit, or a lower loss.</summary>
    public int CompareTo(RungScore other) => Merit.CompareTo(other.Merit) is var byMerit and not 0 ? byMerit : other.Loss.CompareTo(Loss);
}
