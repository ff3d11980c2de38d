using SkiaSharp;

namespace Microsoft.ML.Conformer.Detection.Drawing;

/// <summary>Draws objects on a photo: masks half transparent, boxes, and what they are called.</summary>
internal static class DetectionPicture
{
    private const int JpegQuality = 90;

    /// <summary>Shares of the picture's shorter side.</summary>
    private const float LineShare = 0.004f, TextShare = 0.035f;

    private const float LeastLine = 1.5f, LeastText = 11, MostText = 40;

    /// <param name="photo">The photo.</param>
    /// <param name="objects">What is drawn on it, the most important first.</param>
    /// <param name="maskOpacity">How much a mask hides, 0-1.</param>
    /// <param name="longestSide">To how many pixels of the longer side the picture is made smaller; null where it stays as it is.</param>
    public static RgbImage Of(RgbImage photo, IReadOnlyList<DrawnObject> objects, double maskOpacity, int? longestSide = null)
    {
        var picture = WithMasks(photo, objects, maskOpacity);
        var scale = Math.Min(1, (double)(longestSide ?? int.MaxValue) / Math.Max(photo.Width, photo.Height));
        if (scale < 1)
            picture = Resampler.Resize(
                picture, Scaled(photo.Width, scale), Scaled(photo.Height, scale), ResamplingKernel.Bilinear);

        using var surface = SKSurface.Create(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var image = picture.ToPicture())
            surface.Canvas.DrawImage(image, 0, 0);
        var side = Math.Min(picture.Width, picture.Height);
        var textSize = Math.Clamp(side * TextShare, LeastText, MostText);
        using var text = new PictureText(textSize);
        using var paint = new SKPaint { IsAntialias = true, StrokeWidth = Math.Max(LeastLine, side * LineShare) };
        // The most important ones come last, and are covered by none.
        foreach (var one in objects.Reverse())
            DrawBox(surface.Canvas, one, Scaled(one.Box, scale), paint);
        foreach (var one in objects.Reverse())
            if (one.Label is not null)
                DrawLabel(surface.Canvas, one, Scaled(one.Box, scale), text, textSize, paint, picture);
        using var drawn = surface.PeekPixels();
        return RgbImage.FromPixels(drawn.GetPixelSpan(), picture.Width, picture.Height, redFirst: true, ImageBackground.Black);
    }

    /// <summary>What keeps a path from being one of a picture to write, as a sentence; null where nothing does.</summary>
    public static string? FaultOf(string path) => IsJpeg(path) || HasExtension(path, ".png") ? null
        : $"'{VisibleText.OfPath(path)}' must end in .png, .jpg or .jpeg, which says how the picture is written.";

    /// <summary>Writes a picture as a PNG or JPEG file, as its name says.</summary>
    public static void Save(RgbImage picture, string path) =>
        AtomicFile.Write(path, stream => stream.Write(IsJpeg(path) ? picture.ToJpeg(JpegQuality) : picture.ToPng()));

    private static bool IsJpeg(string path) => HasExtension(path, ".jpg") || HasExtension(path, ".jpeg");

    private static bool HasExtension(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static RgbImage WithMasks(RgbImage photo, IReadOnlyList<DrawnObject> objects, double opacity)
    {
        var pixels = photo.Pixels.AsSpan(0, photo.ByteCount).ToArray();
        foreach (var one in objects.Reverse())
        {
            // A file that has changed its size since is shown without.
            if (one.Mask is not { } mask || (mask.Height, mask.Width) != (photo.Height, photo.Width))
                continue;
            var color = one.Color;
            for (int run = 0, at = 0; run < mask.Runs.Length; at += mask.Runs[run++])
                for (var place = at; run % 2 == 1 && place < at + mask.Runs[run]; place++)
                {
                    var i = (place % mask.Height * photo.Width + place / mask.Height) * RgbImage.Channels;
                    pixels[i] = Mix(pixels[i], color.Red, opacity);
                    pixels[i + 1] = Mix(pixels[i + 1], color.Green, opacity);
                    pixels[i + 2] = Mix(pixels[i + 2], color.Blue, opacity);
                }
        }
        return new RgbImage(photo.Width, photo.Height, pixels);
    }

    private static byte Mix(byte picture, byte color, double opacity) => (byte)Math.Round((1 - opacity) * picture + opacity * color);

    private static void DrawBox(SKCanvas canvas, DrawnObject one, SKRect box, SKPaint paint)
    {
        using var dashes = one.IsDashed ? SKPathEffect.CreateDash([3 * paint.StrokeWidth, 2 * paint.StrokeWidth], 0) : null;
        (paint.Style, paint.Color, paint.PathEffect) = (SKPaintStyle.Stroke, one.Color, dashes);
        canvas.DrawRect(box, paint);
        paint.PathEffect = null;
    }

    /// <summary>Above the box, or inside of it where the picture ends.</summary>
    private static void DrawLabel(
        SKCanvas canvas, DrawnObject one, SKRect box, PictureText text, float size, SKPaint paint, RgbImage picture)
    {
        var (padding, height) = (size / 4, size * 1.3f);
        var width = Math.Min(text.WidthOf(one.Label!) + 2 * padding, picture.Width);
        var left = Math.Clamp(box.Left - paint.StrokeWidth / 2, 0, picture.Width - width);
        var top = Math.Clamp(box.Top - height >= 0 ? box.Top - height : box.Top, 0, Math.Max(picture.Height - height, 0));
        (paint.Style, paint.Color) = (SKPaintStyle.Fill, one.Color);
        canvas.DrawRect(left, top, width, height, paint);
        var color = one.Color;
        var isBright = 0.299 * color.Red + 0.587 * color.Green + 0.114 * color.Blue > 140;
        text.Draw(canvas, one.Label!, left + padding, top + size, left + width, isBright ? SKColors.Black : SKColors.White);
    }

    private static SKRect Scaled(ImageBox box, double scale) => new(
        (float)(box.Left * scale), (float)(box.Top * scale), (float)((box.Left + box.Width) * scale), (float)((box.Top + box.Height) * scale));

    private static int Scaled(int side, double scale) => Math.Max(1, (int)Math.Round(side * scale));
}
