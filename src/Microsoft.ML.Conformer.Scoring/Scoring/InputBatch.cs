namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Rows whose images are all of one size.</summary>
internal sealed class InputBatch(int capacity, NetworkInput input) : RowBatch(capacity)
{
    /// <summary>[Capacity, length of a row]; zeros where a row has no usable image.</summary>
    public Memory<float> Images { get; } = new float[checked(capacity * input.RowLength)];

    protected override void Write(RgbImage photo, int row) => input.Write(photo, ImagesOf(row));

    protected override void Clear(int row) => ImagesOf(row).Clear();

    private Span<float> ImagesOf(int row) => Images.Slice(row * input.RowLength, input.RowLength).Span;
}
