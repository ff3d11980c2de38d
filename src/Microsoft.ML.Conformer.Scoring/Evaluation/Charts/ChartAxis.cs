using System.Globalization;

namespace Microsoft.ML.Conformer.Evaluation.Charts;

/// <summary>An axis from one number to a larger one, with ticks at round numbers.</summary>
internal sealed class ChartAxis
{
    /// <summary>Below this, relative to the numbers themselves, a range is one number; and below the other a number is 0.</summary>
    private const double LeastSpan = 1e-9, LeastNumber = 1e-290;

    private const int MostDecimals = 6, Intervals = 5;

    private readonly double _low, _high, _step;

    /// <param name="label">What it measures.</param>
    /// <param name="values">Finite numbers that it reaches over, rounded up to ticks; there may be none.</param>
    /// <param name="range">Where it shall begin and end instead.</param>
    public ChartAxis(string label, IEnumerable<double> values, (double Low, double High)? range = null)
    {
        Label = label;
        double[] all = range is { } given ? [given.Low, given.High] : [.. values];
        var (low, high) = all.Length == 0 ? (0, 1) : (all.Min(), all.Max());
        var size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (high - low <= LeastSpan * size || size < LeastNumber)
            (low, high) = size < LeastNumber ? (0, 1) : (low - size / 2, high + size / 2);
        _step = RoundStep((high - low) / Intervals);
        if (range is null)
            (low, high) = (_step * Math.Floor(low / _step + LeastSpan), _step * Math.Ceiling(high / _step - LeastSpan));
        (_low, _high) = (low, high);
    }

    public string Label { get; }

    /// <summary>Where ticks are, and what they say.</summary>
    public IEnumerable<(double Value, string Text)> Ticks
    {
        get
        {
            var decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(_step) + LeastSpan));
            var (first, last) = (Math.Ceiling(_low / _step - LeastSpan), Math.Floor(_high / _step + LeastSpan));
            for (var tick = 0; tick <= last - first; tick++)
            {
                var value = (first + tick) * _step + 0.0; // the sum is 0, and not -0
                var format = decimals <= MostDecimals && Math.Abs(value) < 1e9 ? $"N{decimals}" : "G3";
                yield return (value, value.ToString(format, CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>How far along the axis a number is: 0 at its beginning, 1 at its end.</summary>
    public double PlaceOf(double value) => (value - _low) / (_high - _low);

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private static double RoundStep(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * ((double[])[1, 2, 5, 10]).First(factor => least <= factor * power * (1 + LeastSpan) || factor == 10);
    }
}
