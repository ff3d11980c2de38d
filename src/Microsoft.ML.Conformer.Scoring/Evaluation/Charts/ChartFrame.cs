using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Evaluation.Charts;

/// <summary>
/// The axes of a chart and the place between them, as an SVG picture: inline in a page, or a file of its own. Its text has the page's
/// color, and what it is drawn with stands out from a light and from a dark ground.
/// </summary>
internal sealed class ChartFrame
{
    private const int Left = 64, Bottom = 50, Right = 14, LegendWidth = 176, LineHeight = 20, MostInLegend = 20, MostOnAxis = 40;

    private readonly int _width, _height, _top;
    private readonly ChartAxis _x, _y;
    private readonly StringBuilder _svg = new();

    /// <param name="x">The axis below.</param>
    /// <param name="y">The axis on the left.</param>
    /// <param name="width">Of the place between the axes.</param>
    /// <param name="height">Of the same.</param>
    /// <param name="top">What is free above it.</param>
    /// <param name="legend">What is what: a name, and a shape in a box of 24 x 12.</param>
    public ChartFrame(ChartAxis x, ChartAxis y, int width, int height, int top, params IReadOnlyList<(string Name, string Shape)> legend)
    {
        (_x, _y, _width, _height, _top) = (x, y, width, height, top);
        var (fullWidth, fullHeight) = (Left + width + Right + (legend.Count > 0 ? LegendWidth : 0),
            Math.Max(top + height + Bottom, top + legend.Count * LineHeight));
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {fullWidth} {fullHeight}\" width=\"{fullWidth}\"");
        Add($" height=\"{fullHeight}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\"");
        Add($" style=\"color-scheme: light dark; color: light-dark(#222, #ddd); max-width: 100%; height: auto\">\n");
        Add($"<title>{Shown(y.Label)} over {Shown(x.Label)}</title>\n");
        AddAxes();
        foreach (var (index, (name, shape)) in legend.Index())
        {
            Add($"<g transform=\"translate({Left + width + Right},{top + index * LineHeight})\">{shape}");
            Add($"<text x=\"32\" y=\"10\">{Shown(name, MostInLegend)}</text></g>\n");
        }
    }

    public double X(double value) => Left + _width * _x.PlaceOf(value);

    public double Y(double value) => _top + _height * (1 - _y.PlaceOf(value));

    /// <summary>Adds SVG; numbers are written as it wants them.</summary>
    public void Add(FormattableString svg) => _svg.Append(svg.ToString(CultureInfo.InvariantCulture));

    /// <summary>What is added from here on is cut off at the axes.</summary>
    public void BeginClip()
    {
        const int margin = 4; // for lines along the edge
        var (x, y, width, height) = (Left - margin, _top - margin, _width + 2 * margin, _height + 2 * margin);
        Add($"<svg x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" viewBox=\"{x} {y} {width} {height}\">\n");
    }

    public void EndClip() => _svg.AppendLine("</svg>");

    public string End() => _svg.Append("</svg>").AppendLine().ToString();

    /// <summary>Plain text of a legend or an axis.</summary>
    public static string Shown(string text, int columns = MostOnAxis) => HtmlPage.Text(VisibleText.CutToColumns(text, columns));

    private void AddAxes()
    {
        var bottom = _top + _height;
        foreach (var (value, text) in _x.Ticks)
        {
            Add($"<path d=\"M{X(value):0.##} {_top}V{bottom + 4}\" stroke=\"currentColor\" stroke-opacity=\".15\"/>");
            Add($"<text x=\"{X(value):0.##}\" y=\"{bottom + 18}\" text-anchor=\"middle\">{text}</text>\n");
        }
        foreach (var (value, text) in _y.Ticks)
        {
            Add($"<path d=\"M{Left - 4} {Y(value):0.##}H{Left + _width}\" stroke=\"currentColor\" stroke-opacity=\".15\"/>");
            Add($"<text x=\"{Left - 8}\" y=\"{Y(value) + 4:0.##}\" text-anchor=\"end\">{text}</text>\n");
        }
        Add($"<path d=\"M{Left} {_top}V{bottom}H{Left + _width}\" stroke=\"currentColor\" fill=\"none\"/>\n");
        Add($"<text x=\"{Left + _width / 2}\" y=\"{bottom + 40}\" text-anchor=\"middle\">{Shown(_x.Label)}</text>\n");
        Add($"<text transform=\"translate(14,{_top + _height / 2}) rotate(-90)\" text-anchor=\"middle\">{Shown(_y.Label)}</text>\n");
    }
}
