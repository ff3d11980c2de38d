using System.Globalization;

namespace Microsoft.ML.Conformer.Evaluation.Charts;

/// <summary>A chart of lines as an SVG picture.</summary>
/// <param name="XLabel">What the axis below measures.</param>
/// <param name="YLabel">What the axis on the left measures.</param>
/// <param name="Series">The lines, one or several.</param>
internal sealed record LineChart(string XLabel, string YLabel, params IReadOnlyList<ChartSeries> Series)
{
    private const int Width = 440, Height = 260, Top = 14, MostMarked = 30;

    /// <summary>Told apart from each other, and from white and black, by people who see few colors too; and by their dashes.</summary>
    private static readonly (string Color, string Dashes)[] _pens =
    [
        ("#2f7ed8", ""), ("#e8590c", "7 3"), ("#2b9e66", "2 3"), ("#b14cc9", "9 3 2 3"), ("#b08900", "4 2"), ("#d6336c", "12 4"),
    ];

    /// <summary>Where the axis below begins and ends; null for what the points need.</summary>
    public (double Low, double High)? XRange { get; init; }

    /// <summary>Where the axis on the left begins and ends; null for what the points need.</summary>
    public (double Low, double High)? YRange { get; init; }

    /// <summary>The picture. Of a few points each has a mark; those that are not finite are left out.</summary>
    public string ToSvg()
    {
        List<(ChartSeries Series, List<(double X, double Y)> Points)> lines = [.. Series.Select(series =>
            (series, series.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)).ToList()))];
        var points = lines.SelectMany(line => line.Points).ToList();
        var frame = new ChartFrame(
            new ChartAxis(XLabel, points.Select(point => point.X), XRange), new ChartAxis(YLabel, points.Select(point => point.Y), YRange),
            Width, Height, Top, [.. Series.Select((series, index) => (series.Name, $"<path d=\"M0 6H24\" {Pen(index)}/>"))]);
        frame.BeginClip();
        foreach (var (index, (series, line)) in lines.Index())
        {
            frame.Add($"<g>{Title(series)}<polyline points=\"{string.Join(' ', line.Select(point => At(frame, point)))}\" {Pen(index)}/>");
            if (line.Count <= MostMarked)
                foreach (var (x, y) in line)
                    frame.Add($"<circle cx=\"{frame.X(x):0.##}\" cy=\"{frame.Y(y):0.##}\" r=\"3\" fill=\"{ColorOf(index)}\"/>");
            frame.Add($"</g>\n");
        }
        frame.EndClip();
        return frame.End();
    }

    private static string Title(ChartSeries series) => $"<title>{ChartFrame.Shown(series.Name)}</title>";

    private static string At(ChartFrame frame, (double X, double Y) point) =>
        string.Create(CultureInfo.InvariantCulture, $"{frame.X(point.X):0.##},{frame.Y(point.Y):0.##}");

    private static string ColorOf(int index) => _pens[index % _pens.Length].Color;

    private static string Pen(int index)
    {
        var (color, dashes) = _pens[index % _pens.Length];
        return $"stroke=\"{color}\" stroke-width=\"2\" fill=\"none\"{(dashes.Length == 0 ? "" : $" stroke-dasharray=\"{dashes}\"")}";
    }
}

/// <summary>A line of a chart.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">In the order in which they are joined.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points);
