using System.Globalization;
using System.Xml.Linq;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Charts;

/// <summary>A chart read back from its SVG. Numbers are read off as a person does: by the ticks on the axes.</summary>
internal sealed class DrawnChart
{
    private static readonly XNamespace _svg = "http://www.w3.org/2000/svg";

    private readonly XElement _root;

    /// <summary>Reads a chart and looks whether all numbers in it are finite and no size is negative.</summary>
    public DrawnChart(string svg)
    {
        _root = XElement.Parse(svg);
        Assert.AreEqual(_svg + "svg", _root.Name);
        string[] coordinates = ["x", "y", "cx", "cy"], sizes = ["width", "height", "r"];
        foreach (var attribute in _root.DescendantsAndSelf().Attributes())
            if (coordinates.Contains(attribute.Name.LocalName))
                Assert.IsTrue(double.IsFinite(Number(attribute.Value)), $"{attribute}");
            else if (sizes.Contains(attribute.Name.LocalName))
                Assert.IsTrue(Number(attribute.Value) is >= 0 and < 10_000, $"{attribute}");
            else if (attribute.Name.LocalName is "points" or "d" or "transform")
                Assert.IsFalse(attribute.Value.Contains("N", StringComparison.Ordinal) || attribute.Value.Contains('∞'), $"{attribute}");
        XTicks = Ticks("middle", "x");
        YTicks = Ticks("end", "y");
    }

    public IReadOnlyList<(double Place, string Text)> XTicks { get; }

    public IReadOnlyList<(double Place, string Text)> YTicks { get; }

    public IEnumerable<string> Texts => All("text").Select(text => text.Value);

    /// <summary>What the pointer is told, but for the chart's own title.</summary>
    public IEnumerable<string> Titles => All("title").Skip(1).Select(title => title.Value);

    /// <summary>The points of each line.</summary>
    public IReadOnlyList<(double X, double Y)[]> Lines => [.. All("polyline").Select(line => line.Attribute("points")!.Value
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(point => point.Split(',')).Select(At).ToArray())];

    public IReadOnlyList<(double X, double Y)> Marks =>
        [.. All("circle").Select(mark => At([mark.Attribute("cx")!.Value, mark.Attribute("cy")!.Value]))];

    /// <summary>Boxes from left to right and from low to high, but for those of the legend.</summary>
    public IReadOnlyList<(double Left, double Right, double Low, double High)> Boxes => [.. All("rect")
        .Where(box => box.Attribute("x") is not null).Select(box =>
        {
            var (x, y) = (Number(box.Attribute("x")!.Value), Number(box.Attribute("y")!.Value));
            return (Read(XTicks, x), Read(XTicks, x + Number(box.Attribute("width")!.Value)),
                Read(YTicks, y + Number(box.Attribute("height")!.Value)), Read(YTicks, y));
        })];

    /// <summary>What lines are cut off at.</summary>
    public (double Left, double Right, double Low, double High) Clip
    {
        get
        {
            const int margin = 4;
            var clip = _root.Element(_svg + "svg")!;
            var (x, y) = (Number(clip.Attribute("x")!.Value) + margin, Number(clip.Attribute("y")!.Value) + margin);
            return (Read(XTicks, x), Read(XTicks, x + Number(clip.Attribute("width")!.Value) - 2 * margin),
                Read(YTicks, y + Number(clip.Attribute("height")!.Value) - 2 * margin), Read(YTicks, y));
        }
    }

    private IEnumerable<XElement> All(string name) => _root.Descendants(_svg + name);

    private (double X, double Y) At(string[] place) => (Read(XTicks, Number(place[0])), Read(YTicks, Number(place[1])));

    private List<(double Place, string Text)> Ticks(string anchor, string axis) =>
    [
        .. from text in All("text")
           where (string?)text.Attribute("text-anchor") == anchor && text.Attribute("transform") is null
           where double.TryParse(text.Value, CultureInfo.InvariantCulture, out _)
           select (Number(text.Attribute(axis)!.Value) - (axis == "y" ? 4 : 0), text.Value), // text stands on its line
    ];

    private static double Read(IReadOnlyList<(double Place, string Text)> ticks, double place)
    {
        var (first, last) = (ticks[0], ticks[^1]);
        var share = (place - first.Place) / (last.Place - first.Place);
        return Number(first.Text) + share * (Number(last.Text) - Number(first.Text));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
