using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>Draws a learning-rate curve as SVG.</summary>
internal sealed class LearningRatePlot
{
    private const double Width = 800, Height = 480, Left = 76, Right = 28, Top = 56, Bottom = 64;
    private const double LossWidth = 1.25, SmoothedWidth = 2.5;
    private const string LossColor = "#93c5fd", SmoothedColor = "#1d4ed8", SuggestionColor = "#c2410c";
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    private readonly LearningRateCurve _curve;
    private readonly double _firstLog, _lastLog, _lowest, _highest, _tick;
    private readonly StringBuilder _svg = new();

    public LearningRatePlot(LearningRateCurve curve)
    {
        _curve = curve;
        (_firstLog, _lastLog) = (Math.Log10(curve.Points[0].LearningRate), Math.Log10(curve.Points[^1].LearningRate));
        if (_lastLog - _firstLog < 0.1)
            (_firstLog, _lastLog) = (_firstLog - 0.5, _lastLog + 0.5);
        // Up to where the smoothed loss goes, so that one bad batch does not flatten the rest, but not all of the rise at the end.
        var (low, start) = (curve.Points.Min(point => Math.Min(point.Loss, point.SmoothedLoss)), curve.Points[0].SmoothedLoss);
        var high = Math.Min(curve.Points.Max(point => point.SmoothedLoss), low + 2.5 * Math.Max(start - low, 0.1 * Math.Abs(low)));
        var margin = Math.Max(0.08 * (high - low), 1e-3);
        _tick = NiceStep((high - low + 2 * margin) / 5);
        (_lowest, _highest) = (Math.Floor((low - margin) / _tick) * _tick, Math.Ceiling((high + margin) / _tick) * _tick);
    }

    public string ToSvg()
    {
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" ");
        Add($"font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"#374151\">\n");
        Add($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#ffffff\"/>\n");
        Add($"<clipPath id=\"plot\"><rect x=\"{Left}\" y=\"{Top}\" width=\"{Width - Left - Right}\" height=\"{Height - Top - Bottom}\"/>");
        Add($"</clipPath>\n");
        AddGrid();
        AddLine(point => point.Loss, LossColor, LossWidth);
        AddLine(point => point.SmoothedLoss, SmoothedColor, SmoothedWidth);
        AddSuggestion();
        AddLegend();
        Add($"</svg>\n");
        return _svg.ToString();
    }

    private static double NiceStep(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static string PowerOfTen(int exponent) => "10" + (exponent < 0 ? "⁻" : "") +
        string.Concat(Math.Abs(exponent).ToString(CultureInfo.InvariantCulture).Select(digit => Superscripts[digit - '0']));

    private double X(double log) => Left + (log - _firstLog) / (_lastLog - _firstLog) * (Width - Left - Right);

    private double Y(double loss) => Height - Bottom - (loss - _lowest) / (_highest - _lowest) * (Height - Top - Bottom);

    private void AddGrid()
    {
        for (var exponent = (int)Math.Floor(_firstLog); exponent <= Math.Floor(_lastLog + 1e-9); exponent++)
            for (var digit = 1; digit < 10; digit++)
            {
                var log = exponent + Math.Log10(digit);
                if (log < _firstLog - 1e-9 || log > _lastLog + 1e-9)
                    continue;
                Add($"<path d=\"M{X(log):0.#} {Top}V{Height - Bottom}\" stroke=\"{(digit == 1 ? "#d1d5db" : "#f3f4f6")}\"/>\n");
                if (digit == 1)
                    Add($"<text x=\"{X(log):0.#}\" y=\"{Height - Bottom + 21}\" text-anchor=\"middle\">{PowerOfTen(exponent)}</text>\n");
            }
        var format = FormattableString.Invariant($"F{Math.Max(0, -(int)Math.Floor(Math.Log10(_tick) + 1e-9))}");
        for (var i = 0; _lowest + (i - 0.5) * _tick <= _highest; i++)
        {
            var (loss, y) = (_lowest + i * _tick, Y(_lowest + i * _tick));
            Add($"<path d=\"M{Left} {y:0.#}H{Width - Right}\" stroke=\"#e5e7eb\"/>\n");
            Add($"<text x=\"{Left - 10}\" y=\"{y + 4.5:0.#}\" text-anchor=\"end\">");
            Add($"{loss.ToString(format, CultureInfo.InvariantCulture)}</text>\n");
        }
        Add($"<path d=\"M{Left} {Top}V{Height - Bottom}H{Width - Right}\" fill=\"none\" stroke=\"#6b7280\"/>\n");
        Add($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 16}\" text-anchor=\"middle\">learning rate</text>\n");
        Add($"<text transform=\"translate(22 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">training loss</text>\n");
    }

    private void AddLine(Func<LearningRatePoint, double> loss, string color, double width)
    {
        // What is far above would only make numbers that renderers do not take.
        var top = _highest + 10 * (_highest - _lowest);
        var places = _curve.Points.Select(point => FormattableString.Invariant(
            $"{X(Math.Log10(point.LearningRate)):0.##},{Y(Math.Min(loss(point), top)):0.##}"));
        Add($"<polyline clip-path=\"url(#plot)\" points=\"{string.Join(' ', places)}\" fill=\"none\" stroke=\"{color}\" ");
        Add($"stroke-width=\"{width}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n");
    }

    private void AddSuggestion()
    {
        if (_curve.Suggested is not { } point)
            return;
        var (x, y) = (X(Math.Log10(point.LearningRate)), Y(point.SmoothedLoss));
        var isLeft = x > (Left + Width - Right) / 2;
        Add($"<path d=\"M{x:0.##} {Top}V{Height - Bottom}\" stroke=\"{SuggestionColor}\" ");
        Add($"stroke-width=\"1.5\" stroke-dasharray=\"5 4\"/>\n");
        Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"5\" fill=\"{SuggestionColor}\" stroke=\"#ffffff\" stroke-width=\"1.5\"/>\n");
        Add($"<text x=\"{x + (isLeft ? -10 : 10):0.##}\" y=\"{Height - Bottom - 14}\" text-anchor=\"{(isLeft ? "end" : "start")}\" ");
        Add($"fill=\"{SuggestionColor}\" font-weight=\"600\" stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\">");
        Add($"suggestion {point.LearningRate.ToString("0.0e-0", CultureInfo.InvariantCulture)}</text>\n");
    }

    private void AddLegend()
    {
        Add($"<text x=\"{Left}\" y=\"32\" font-size=\"16\" font-weight=\"600\" fill=\"#111827\">");
        Add($"Loss while the learning rate rises</text>\n");
        foreach (var (x, color, width, name) in new[]
        {
            (Width - 250, LossColor, LossWidth, "loss"), (Width - 170, SmoothedColor, SmoothedWidth, "smoothed loss"),
        })
        {
            Add($"<path d=\"M{x} 28h24\" stroke=\"{color}\" stroke-width=\"{width}\"/>\n");
            Add($"<text x=\"{x + 31}\" y=\"32.5\">{name}</text>\n");
        }
    }

    private void Add(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
