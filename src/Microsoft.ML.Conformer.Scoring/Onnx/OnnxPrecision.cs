namespace Microsoft.ML.Conformer;

/// <summary>The numbers that an exported network computes with. Its inputs and outputs are the same for all.</summary>
public enum OnnxPrecision
{
    /// <summary>32-bit floats, as trained.</summary>
    Float32,

    /// <summary>
    /// 16-bit floats from the first convolution to the logits: half the size, for GPUs that compute so. On CPUs it takes
    /// more time than <see cref="Float32"/>: ONNX Runtime computes most of it in 32-bit floats there, and converts back and forth.
    /// </summary>
    Float16,

    /// <summary>
    /// 8-bit integers in convolutions and linear layers: a quarter of the size, and about twice as fast on CPUs with integer dot products
    /// (x64 with VNNI). x64 CPUs without them may saturate inside sums and lose accuracy. Needs photos like those to be scored, on which
    /// the activations' ranges are measured.
    /// </summary>
    Int8,
}
