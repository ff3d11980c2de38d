namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A dimension of an input, an output or a value in between: a size, or the name of one that is free.</summary>
internal readonly record struct OnnxDimension
{
    private OnnxDimension(long? size, string? name) => (Size, Name) = (size, name);

    /// <summary>The number of images N.</summary>
    public static OnnxDimension Batch { get; } = Free("N");

    /// <summary>Null where the dimension is free.</summary>
    public long? Size { get; }

    /// <summary>Null where the dimension has a size.</summary>
    public string? Name { get; }

    public static implicit operator OnnxDimension(long size) => new(size, null);

    /// <summary>A dimension of any size; dimensions of the same name have the same size.</summary>
    public static OnnxDimension Free(string name) => new(null, name);
}
