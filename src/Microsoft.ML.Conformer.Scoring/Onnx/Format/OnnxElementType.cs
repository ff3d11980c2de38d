namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>Element types by their numbers in onnx.proto's TensorProto.DataType.</summary>
internal enum OnnxElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Float16 = 10,
    Double = 11,
}

/// <summary>Sizes of element types.</summary>
internal static class OnnxElementTypes
{
    /// <summary>Size of an element of a constant in bytes.</summary>
    public static int Size(this OnnxElementType type) => type switch
    {
        OnnxElementType.UInt8 or OnnxElementType.Int8 => 1,
        OnnxElementType.Float16 => 2,
        OnnxElementType.Float or OnnxElementType.Int32 => 4,
        OnnxElementType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Constants of this type are not written."),
    };
}
