namespace Microsoft.ML.Data;

/// <summary>Pixels of 4 bytes each with their size.</summary>
internal readonly ref struct PixelGrid(Span<byte> pixels, int width, int height)
{
    public Span<byte> Pixels { get; } = pixels;

    public int Width { get; } = width;

    public int Height { get; } = height;
}
