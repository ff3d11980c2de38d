namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>What was measured: for each turn the time for an image of each repetition, in milliseconds.</summary>
internal sealed record Figure(string Name, IReadOnlyList<MeasuredTurn> Turns)
{
    /// <summary>The median of each turn's median, in milliseconds.</summary>
    public double Median => Statistics.Median(Medians);

    public IReadOnlyList<double> Medians => [.. Turns.Select(turn => Statistics.Median(turn.Milliseconds))];

    public long PeakMiB => Turns.Max(turn => turn.PeakMiB);

    public long? AllocatedBytes => Turns[^1].AllocatedBytes;

    /// <summary>A percentile of all repetitions; null where there are too few for one of them to lie above it.</summary>
    public double? Percentile(double percent)
    {
        double[] times = [.. Turns.SelectMany(turn => turn.Milliseconds)];
        return times.Length * (100 - percent) >= 100 ? Statistics.Percentile(times, percent) : null;
    }

    /// <summary>How long it takes against another one: the ratio within each turn, in which both ran one after the other.</summary>
    public Ratio Over(Figure other)
    {
        double[] ratios = [.. Medians.Zip(other.Medians, (own, others) => own / others)];
        return new Ratio(Statistics.Median(ratios), ratios.Min(), ratios.Max());
    }
}

/// <summary>A ratio of times, the median of all turns', and the smallest and the largest of them.</summary>
internal readonly record struct Ratio(double Median, double Lowest, double Highest);
