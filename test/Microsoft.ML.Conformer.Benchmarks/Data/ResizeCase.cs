namespace Microsoft.ML.Conformer.Benchmarks.Data;

/// <summary>A photo's size in pixels and the side of the square that it is resized to.</summary>
public sealed record ResizeCase(int Width, int Height, int Side)
{
    /// <inheritdoc />
    public override string ToString() => $"{Width}x{Height} to {Side}";
}
