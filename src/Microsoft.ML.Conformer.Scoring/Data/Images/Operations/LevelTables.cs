namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>Operations that give each level of a channel, 0-255, another one, wherever it is in the image.</summary>
internal static class LevelTables
{
    private const int Channels = RgbImage.Channels;
    private const int Levels = byte.MaxValue + 1;

    public static void Apply(Span<byte> pixels, PixelOperationKind kind, double argument)
    {
        Span<byte> tables = stackalloc byte[Channels * Levels];
        if (kind is PixelOperationKind.AutoContrast or PixelOperationKind.Equalize)
            MakeByHistograms(tables, pixels, kind);
        else
        {
            Make(tables[..Levels], pixels, kind, argument);
            tables[..Levels].CopyTo(tables[Levels..]);
            tables[..Levels].CopyTo(tables[(2 * Levels)..]);
        }
        for (var i = 0; i <= pixels.Length - Channels; i += Channels)
        {
            pixels[i] = tables[pixels[i]];
            pixels[i + 1] = tables[Levels + pixels[i + 1]];
            pixels[i + 2] = tables[2 * Levels + pixels[i + 2]];
        }
    }

    /// <summary>The table of all channels.</summary>
    private static void Make(Span<byte> table, ReadOnlySpan<byte> pixels, PixelOperationKind kind, double argument)
    {
        var middle = kind == PixelOperationKind.Contrast ? Saturation.MeanGray(pixels) : 0;
        for (var level = 0; level < Levels; level++)
            table[level] = kind switch
            {
                PixelOperationKind.Invert => (byte)(byte.MaxValue - level),
                PixelOperationKind.Posterize => (byte)(level & ~(byte.MaxValue >> (int)argument)),
                PixelOperationKind.Solarize => (byte)(level < argument ? level : byte.MaxValue - level),
                PixelOperationKind.SolarizeAdd => (byte)(level < 128 ? Math.Min(level + (int)argument, byte.MaxValue) : level),
                PixelOperationKind.Brightness or PixelOperationKind.Contrast => Blending.Blend(middle, level, (float)argument),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The operation is none of levels alone."),
            };
    }

    private static void MakeByHistograms(Span<byte> tables, ReadOnlySpan<byte> pixels, PixelOperationKind kind)
    {
        Span<int> counts = stackalloc int[Channels * Levels];
        counts.Clear();
        for (var i = 0; i <= pixels.Length - Channels; i += Channels)
        {
            counts[pixels[i]]++;
            counts[Levels + pixels[i + 1]]++;
            counts[2 * Levels + pixels[i + 2]]++;
        }
        for (var channel = 0; channel < Channels; channel++)
        {
            var table = tables.Slice(channel * Levels, Levels);
            var histogram = counts.Slice(channel * Levels, Levels);
            if (kind == PixelOperationKind.AutoContrast)
                Stretch(table, histogram);
            else
                Equalize(table, histogram);
        }
    }

    private static void Stretch(Span<byte> table, ReadOnlySpan<int> histogram)
    {
        var (low, high) = (histogram.IndexOfAnyExcept(0), histogram.LastIndexOfAnyExcept(0));
        var scale = high > low ? 255.0 / (high - low) : 1;
        var offset = high > low ? -low * scale : 0;
        for (var level = 0; level < Levels; level++)
            table[level] = (byte)Math.Clamp((int)(level * scale + offset), 0, byte.MaxValue);
    }

    private static void Equalize(Span<byte> table, ReadOnlySpan<int> histogram)
    {
        var (first, last, pixels) = (histogram.IndexOfAnyExcept(0), histogram.LastIndexOfAnyExcept(0), 0);
        foreach (var count in histogram)
            pixels += count;
        // How many pixels go to each level; the last level's own make no step beyond it.
        var step = (pixels - histogram[last]) / byte.MaxValue;
        var below = step / 2;
        for (var level = 0; level < Levels; level++)
        {
            table[level] = (byte)(first == last || step == 0 ? level : Math.Min(below / step, byte.MaxValue));
            below += histogram[level];
        }
    }
}
