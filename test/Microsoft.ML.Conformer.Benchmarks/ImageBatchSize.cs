namespace Microsoft.ML.Conformer.Benchmarks;

/// <summary>A batch of <paramref name="Count"/> square images of <paramref name="ImageSize"/> pixels a side.</summary>
public sealed record ImageBatchSize(int ImageSize, int Count)
{
    /// <inheritdoc />
    public override string ToString() => $"{Count} x {ImageSize} px";
}
