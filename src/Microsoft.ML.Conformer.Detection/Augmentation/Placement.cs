namespace Microsoft.ML.Conformer.Detection.Augmentation;

/// <summary>
/// How an image comes onto a canvas: resized, mirrored on request, and put somewhere, where what does not fit is cut off. Pixels, boxes
/// and masks go the same way.
/// </summary>
/// <param name="Source">The image as it came.</param>
/// <param name="Resized">What it is resized to.</param>
/// <param name="IsMirrored">Whether left and right are swapped.</param>
/// <param name="Left">Where its left edge comes, in pixels of the canvas; negative where a part is cut off.</param>
/// <param name="Top">Where its upper edge comes.</param>
/// <param name="Canvas">What is kept.</param>
internal sealed record Placement(ImageSize Source, ImageSize Resized, bool IsMirrored, int Left, int Top, ImageSize Canvas)
{
    /// <summary>The image alone, at another size.</summary>
    public static Placement Alone(ImageSize source, ImageSize resized, bool isMirrored) => new(source, resized, isMirrored, 0, 0, resized);

    /// <summary>Draws an image of the source's size onto the canvas.</summary>
    public void Draw(RgbImage image, RgbImage canvas)
    {
        const int channels = RgbImage.Channels;
        var resized = LinearResize.Apply(image, Resized.Height, Resized.Width);
        var (from, to) = (Math.Max(0, Left), Math.Min(Canvas.Width, Left + Resized.Width));
        for (var y = Math.Max(0, Top); y < Math.Min(Canvas.Height, Top + Resized.Height) && to > from; y++)
        {
            var row = resized.Pixels.AsSpan((y - Top) * Resized.Width * channels, Resized.Width * channels);
            var target = canvas.Pixels.AsSpan(((y * Canvas.Width) + from) * channels, (to - from) * channels);
            if (!IsMirrored)
                row.Slice((from - Left) * channels, target.Length).CopyTo(target);
            else
                for (var x = from; x < to; x++)
                    row.Slice((Resized.Width - 1 - (x - Left)) * channels, channels).CopyTo(target[((x - from) * channels)..]);
        }
    }

    /// <summary>A box on the canvas; without an area where nothing of it is left.</summary>
    public Box Of(Box box)
    {
        var (scaleX, scaleY) = ((float)((double)Resized.Width / Source.Width), (float)((double)Resized.Height / Source.Height));
        var scaled = new Box(box.X0 * scaleX, box.Y0 * scaleY, box.X1 * scaleX, box.Y1 * scaleY).ClippedTo(Resized);
        if (IsMirrored)
            scaled = scaled with { X0 = Resized.Width - scaled.X1, X1 = Resized.Width - scaled.X0 };
        return new Box(scaled.X0 + Left, scaled.Y0 + Top, scaled.X1 + Left, scaled.Y1 + Top).ClippedTo(Canvas);
    }

    /// <summary>A mask on the canvas, by the nearest pixels.</summary>
    public RunLengthMask Of(RunLengthMask mask) => mask.Resampled(
        Places(Canvas.Height, Top, Resized.Height, Source.Height, isMirrored: false),
        Places(Canvas.Width, Left, Resized.Width, Source.Width, IsMirrored));

    /// <summary>Classes on the canvas, by the nearest pixels; none beside the image.</summary>
    public LabelMap Of(LabelMap labels)
    {
        var rows = Places(Canvas.Height, Top, Resized.Height, Source.Height, isMirrored: false);
        var columns = Places(Canvas.Width, Left, Resized.Width, Source.Width, IsMirrored);
        var values = new byte[checked(Canvas.Height * Canvas.Width)];
        for (int y = 0, i = 0; y < Canvas.Height; y++)
            for (var x = 0; x < Canvas.Width; x++)
                values[i++] = rows[y] is { } row && columns[x] is { } column
                    ? labels.Values[(row * Source.Width) + column] : (byte)SegmentationCounts.Ignored;
        return new LabelMap(Canvas.Height, Canvas.Width, values);
    }

    /// <summary>For each row or column of the canvas that of the image, or null beside it.</summary>
    private static int?[] Places(int canvas, int offset, int resized, int source, bool isMirrored)
    {
        var places = new int?[canvas];
        var scale = 1 / ((double)resized / source); // as OpenCV's INTER_NEAREST
        for (var place = Math.Max(0, offset); place < Math.Min(canvas, offset + resized); place++)
        {
            var inside = isMirrored ? resized - 1 - (place - offset) : place - offset;
            places[place] = Math.Min((int)Math.Floor(inside * scale), source - 1);
        }
        return places;
    }
}
