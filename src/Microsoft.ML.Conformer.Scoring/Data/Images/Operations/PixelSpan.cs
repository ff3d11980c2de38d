namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>The pixels of an image to work on in place, [height, width, 3].</summary>
internal readonly ref struct PixelSpan(Span<byte> values, int width, int height)
{
    public Span<byte> Values { get; } = values[..(width * height * RgbImage.Channels)];

    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>Bytes of a row.</summary>
    public int RowLength => Width * RgbImage.Channels;

    public Span<byte> Row(int row) => Values.Slice(row * RowLength, RowLength);
}

internal readonly record struct RgbColor(byte Red, byte Green, byte Blue);
