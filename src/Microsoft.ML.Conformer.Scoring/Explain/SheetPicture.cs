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
    private readonly PictureText _text = new(TextSize);

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
        _text.Dispose();
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
        _text.Draw(_surface.Canvas, caption, x, y + _cell + TextSize, x + _cell, SKColors.Black);
    }
}
