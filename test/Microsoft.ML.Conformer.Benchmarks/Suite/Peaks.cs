namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>The machine's limits as measurements, which run in turn with what is compared with them.</summary>
internal static class Peaks
{
    public static Measurement Of(string by, string type, int threads, string of = "product") =>
        Measurement.Own($"{by} {type} {of}", threads, "peak", "--by", by, "--of", of, "--type", type);

    /// <summary>The time that a network's own MACs take at a limit, for one image in milliseconds.</summary>
    public static double Time(Figure peak, double macs) => macs / 1e9 * peak.Median;

    /// <summary>How long a network takes against <see cref="Time"/>: the ratio within each turn.</summary>
    public static Ratio Over(Figure figure, Figure peak, double macs)
    {
        var (gigaMacs, ratio) = (macs / 1e9, figure.Over(peak));
        return new Ratio(ratio.Median / gigaMacs, ratio.Lowest / gigaMacs, ratio.Highest / gigaMacs);
    }

    /// <summary>10⁹ operations a second, of which a multiplication with accumulation is two.</summary>
    public static double GigaOperations(Figure peak) => 2000 / peak.Median;
}
