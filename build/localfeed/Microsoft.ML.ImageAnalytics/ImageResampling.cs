using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Data;

/// <summary>
/// The two ways in which Skia resizes for the real package: nearest neighbor, and the bicubic filter of Mitchell and Netravali
/// (SIGGRAPH 1988, B = C = 1/3). Neither widens its support when it shrinks an image, so both alias.
/// </summary>
internal static class ImageResampling
{
    /// <summary>Where the whole source image, aspect ratio kept, lies on the target; parts of it may lie outside.</summary>
    public static (int X, int Y, int Width, int Height) Place(PixelGrid source, PixelGrid target, ImageResizeMode mode)
    {
        // Single precision and truncation, as in the real package: now and then the last row or column stays empty.
        var scaleX = (float)target.Width / source.Width;
        var scaleY = (float)target.Height / source.Height;
        var vertical = mode == ImageResizeMode.Pad ? scaleX <= scaleY : scaleY < scaleX;
        var scale = vertical ? scaleX : scaleY;
        var slackX = target.Width - (source.Width * scale);
        var slackY = target.Height - (source.Height * scale);

        var x = mode switch
        {
            _ when vertical => 0,
            ImageResizeMode.CropAnchorLeft => 0,
            ImageResizeMode.CropAnchorRight => (int)slackX,
            _ => (int)(slackX / 2),
        };
        var y = mode switch
        {
            _ when !vertical => 0,
            ImageResizeMode.CropAnchorTop => 0,
            ImageResizeMode.CropAnchorBottom => (int)slackY,
            _ => (int)(slackY / 2),
        };
        return (x, y, (int)(source.Width * scale), (int)(source.Height * scale));
    }

    /// <summary>Takes for each pixel of the target the one of the source that lies under its center.</summary>
    public static void Nearest(PixelGrid source, PixelGrid target)
    {
        var from = MemoryMarshal.Cast<byte, uint>(source.Pixels);
        var to = MemoryMarshal.Cast<byte, uint>(target.Pixels);
        var columns = new int[target.Width];
        for (var x = 0; x < columns.Length; x++)
            columns[x] = Under(x, source.Width, target.Width);
        for (var y = 0; y < target.Height; y++)
        {
            var row = from.Slice(Under(y, source.Height, target.Height) * source.Width, source.Width);
            var line = to.Slice(y * target.Width, target.Width);
            for (var x = 0; x < line.Length; x++)
                line[x] = row[columns[x]];
        }

        // A center on the border of two pixels belongs to the first.
        static int Under(int position, int sourceSize, int targetSize) =>
            (int)(((((2L * position) + 1) * sourceSize) - 1) / (2L * targetSize));
    }

    /// <summary>Draws the whole source on the given rectangle of the target, opaquely, and cuts what lies outside.</summary>
    public static void Mitchell(PixelGrid source, PixelGrid target, int left, int top, int width, int height)
    {
        var columns = Taps(left, width, target.Width, source.Width);
        var rows = Taps(top, height, target.Height, source.Height);
        for (var y = Math.Max(0, top); y < Math.Min(target.Height, top + height); y++)
        {
            var line = target.Pixels.Slice(y * target.Width * 4, target.Width * 4);
            for (var x = Math.Max(0, left); x < Math.Min(target.Width, left + width); x++)
            {
                var sum = Vector4.Zero;
                for (var j = 0; j < 4; j++)
                {
                    var row = source.Pixels.Slice(rows[y].Index(j) * source.Width * 4, source.Width * 4);
                    var part = Vector4.Zero;
                    for (var i = 0; i < 4; i++)
                    {
                        var at = columns[x].Index(i) * 4;
                        part += columns[x].Weights[i] * new Vector4(row[at], row[at + 1], row[at + 2], row[at + 3]);
                    }

                    sum += rows[y].Weights[j] * part;
                }

                // The filter overshoots at edges; a premultiplied color never exceeds its alpha.
                var alpha = Math.Clamp(sum.W, 0, 255);
                var color = Vector4.Clamp(sum, Vector4.Zero, new Vector4(alpha)) + new Vector4(0.5f);
                line[x * 4] = (byte)color.X;
                line[(x * 4) + 1] = (byte)color.Y;
                line[(x * 4) + 2] = (byte)color.Z;
                line[(x * 4) + 3] = 255;
            }
        }
    }

    private static Tap[] Taps(int start, int size, int targetSize, int sourceSize)
    {
        var taps = new Tap[targetSize];
        for (var position = Math.Max(0, start); position < Math.Min(targetSize, start + size); position++)
        {
            var center = ((position + 0.5f - start) * sourceSize / size) - 0.5f;
            var first = (int)MathF.Floor(center);
            taps[position] = new Tap(first - 1, sourceSize - 1, center - first);
        }

        return taps;
    }

    /// <summary>The four source positions that a target position reads, edge pixels repeated, and their weights.</summary>
    private readonly struct Tap(int first, int last, float t)
    {
        public readonly Vector4 Weights = new(
            (1 / 18f) - (t / 2) + (t * t * 5 / 6) - (t * t * t * 7 / 18),
            (16 / 18f) - (t * t * 2) + (t * t * t * 7 / 6),
            (1 / 18f) + (t / 2) + (t * t * 3 / 2) - (t * t * t * 7 / 6),
            (t * t * t * 7 / 18) - (t * t / 3));

        public int Index(int i) => Math.Clamp(first + i, 0, last);
    }
}
