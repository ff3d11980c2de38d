namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A dimension of an input, an output or a value in between: a size, or the name of one that is free.</summary>
internal readonly record struct OnnxDimension(TensorShapeProto.Types.Dimension Message)
{
    public static OnnxDimension Batch => Free("N");

    public static implicit operator OnnxDimension(long size) => new(new TensorShapeProto.Types.Dimension { DimValue = size });

    /// <summary>A dimension of any size; dimensions of the same name have the same size.</summary>
    public static OnnxDimension Free(string name) => new(new TensorShapeProto.Types.Dimension { DimParam = name });
}
