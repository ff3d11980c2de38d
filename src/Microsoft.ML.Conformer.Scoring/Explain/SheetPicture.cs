using System.Text;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Explain;

/// <summary>Draws an <see cref="ExplanationSheet"/>.</summary>
internal sealed class SheetPicture : IDisposable
{
    private const int Gap = 6, CaptionHeight = 20;

    /// <summary>Of the stages of a Conformer, which are more than an image's other maps.</summary>
    private const int MostColumns = 8, MostRowsOfImage = 2;

    private const float TextSize = 13;

    private readonly int _cell, _columns;
    private readonly SKSurface _surface;
    private readonly Dictionary<Rune, SKTypeface?> _typefaces = [];
    private readonly Lazy<SKTypeface[]> _fonts = new(Fonts);
    private readonly SKPaint _paint = new() { TextSize = TextSize, IsAntialias = true, Color = SKColors.Black };

    private SheetPicture(int cell, int rows, int columns)
    {
        (_cell, _columns) = (cell, columns);
        _surface = SKSurface.Create(new SKImageInfo(Gap + columns * (cell + Gap), Gap + rows * (cell + CaptionHeight + Gap)));
        _surface.Canvas.Clear(SKColors.White);
    }

    public static byte[] Png(IReadOnlyList<ImageExplanation> explanations, bool includeStages)
    {
        var stages = includeStages ? explanations.Max(explanation => explanation.Stages.Count) : 0;
        var columns = Math.Max(1 + explanations.Max(explanation => explanation.Maps.Count), stages);
        var rowsOfImage = stages > 0 ? 2 : 1;
        using var sheet = new SheetPicture(explanations[0].Picture.Width, explanations.Count * rowsOfImage, columns);
        foreach (var (index, explanation) in explanations.Index())
        {
            var row = index * rowsOfImage;
            sheet.Draw(row, 0, explanation.Picture, Caption(explanation));
            foreach (var (column, map) in explanation.Maps.Index())
                sheet.Draw(row, 1 + column, MapOverlay.Of(explanation.Picture, map), map.Name);
            foreach (var (column, map) in explanation.Stages.Take(stages).Index())
                sheet.Draw(row + 1, column, MapOverlay.Alone(map, explanation.Picture.Width), $"{map.Name} ({map.Height} x {map.Width})");
        }
        using var image = sheet._surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        return data.ToArray();
    }

    /// <summary>The most pixels of a sheet that an image takes.</summary>
    public static long MostPixelsOfImage(int cell) => (long)MostColumns * (cell + Gap) * MostRowsOfImage * (cell + CaptionHeight + Gap);

    public void Dispose()
    {
        if (_fonts.IsValueCreated)
            Array.ForEach(_fonts.Value, font => font.Dispose());
        _paint.Dispose();
        _surface.Dispose();
    }

    private static string Caption(ImageExplanation explanation)
    {
        var result = FormattableString.Invariant($"{VisibleText.Of(explanation.Class)} {explanation.Probability:0.000}");
        return explanation.Path is { } path ? $"{result}  {VisibleText.Of(Path.GetFileName(path))}" : result;
    }

    private void Draw(int row, int column, RgbImage picture, string caption)
    {
        var (x, y) = (Gap + column * (_cell + Gap), Gap + row * (_cell + CaptionHeight + Gap));
        using var image = picture.ToPicture();
        _surface.Canvas.DrawImage(image, x, y);
        Write(caption, x, y + _cell + TextSize, x + _cell);
    }

    /// <summary>Writes text up to an edge; letters that no font of this machine has are left out.</summary>
    private void Write(string text, float x, float y, float end)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!_typefaces.TryGetValue(rune, out var typeface))
                _typefaces[rune] = typeface = Array.Find(_fonts.Value, font => font.ContainsGlyph(rune.Value));
            if (typeface is null)
                continue;
            _paint.Typeface = typeface;
            var letter = rune.ToString();
            var width = _paint.MeasureText(letter);
            if (x + width > end)
                return;
            _surface.Canvas.DrawText(letter, x, y, _paint);
            x += width;
        }
    }

    /// <summary>The machine's fonts, plain ones first. SkiaSharp's search for a font by letter finds none on Linux.</summary>
    private static SKTypeface[] Fonts() =>
    [
        .. SKFontManager.Default.FontFamilies.OrderByDescending(family => family.Contains("Sans", StringComparison.Ordinal))
            .Select(SKFontManager.Default.MatchFamily).Where(font => font is not null),
    ];
}
