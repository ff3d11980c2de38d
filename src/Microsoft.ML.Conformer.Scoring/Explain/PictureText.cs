using System.Text;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Explain;

/// <summary>Writes text on pictures, in this machine's fonts; letters that none of them has are left out.</summary>
/// <param name="size">Height of the letters in pixels.</param>
internal sealed class PictureText(float size) : IDisposable
{
    private readonly Dictionary<Rune, SKTypeface?> _typefaces = [];
    private readonly Lazy<SKTypeface[]> _fonts = new(Fonts);
    private readonly SKPaint _paint = new() { TextSize = size, IsAntialias = true };

    /// <summary>How wide a text is in pixels.</summary>
    public float WidthOf(string text) => Letters(text).Sum(letter => letter.Width);

    /// <summary>Writes a text up to an edge.</summary>
    /// <param name="canvas">What it is written on.</param>
    /// <param name="text">The text.</param>
    /// <param name="x">Where it begins.</param>
    /// <param name="y">The line that the letters stand on.</param>
    /// <param name="end">Where it must end.</param>
    /// <param name="color">Its color.</param>
    public void Draw(SKCanvas canvas, string text, float x, float y, float end, SKColor color)
    {
        _paint.Color = color;
        foreach (var (letter, width) in Letters(text))
        {
            if (x + width > end)
                return;
            canvas.DrawText(letter, x, y, _paint);
            x += width;
        }
    }

    public void Dispose()
    {
        if (_fonts.IsValueCreated)
            Array.ForEach(_fonts.Value, font => font.Dispose());
        _paint.Dispose();
    }

    /// <summary>The letters that can be written; the paint has the font of the one that was taken last.</summary>
    private IEnumerable<(string Letter, float Width)> Letters(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!_typefaces.TryGetValue(rune, out var typeface))
                _typefaces[rune] = typeface = Array.Find(_fonts.Value, font => font.ContainsGlyph(rune.Value));
            if (typeface is null)
                continue;
            _paint.Typeface = typeface;
            var letter = rune.ToString();
            yield return (letter, _paint.MeasureText(letter));
        }
    }

    /// <summary>The machine's fonts, plain ones first. SkiaSharp's search for a font by letter finds none on Linux.</summary>
    private static SKTypeface[] Fonts() =>
    [
        .. SKFontManager.Default.FontFamilies.OrderByDescending(family => family.Contains("Sans", StringComparison.Ordinal))
            .Select(SKFontManager.Default.MatchFamily).Where(font => font is not null),
    ];
}
