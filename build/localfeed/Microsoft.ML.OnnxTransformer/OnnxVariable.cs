using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>An input or output of a model.</summary>
internal sealed class OnnxVariable
{
    public OnnxVariable(string name, NodeMetadata metadata, IDictionary<string, int[]> shapes)
    {
        if (!metadata.IsTensor)
        {
            throw new NotSupportedException($"'{name}' is a {metadata.OnnxValueType}: sequences and maps are scored by the real " +
                "package Microsoft.ML.OnnxTransformer only; this stand-in for it takes tensors.");
        }

        Name = name;
        Shape = metadata.Dimensions;
        if (shapes.TryGetValue(name, out var shape))
        {
            Contracts.CheckParam(IsCompatible(shape, Shape), "shapeDictionary",
                $"The specified shape {string.Join(",", shape)} is not compatible with the shape {string.Join(",", Shape)} loaded " +
                "from the ONNX model file. Only unknown dimension can replace or be replaced by another dimension.");
            Shape = shape;
        }

        // A row is a batch of one. The second and later unknown dimensions stay unknown.
        Shape = Shape.Select((size, axis) => size > 0 ? size : axis == 0 ? 1 : 0).ToArray();
        Type = TypeOf(metadata.ElementType, Shape);
    }

    public string Name { get; }

    /// <summary>0 where a dimension is unknown; empty for a scalar.</summary>
    public int[] Shape { get; }

    public DataViewType Type { get; }

    private static DataViewType TypeOf(Type elementType, int[] shape)
    {
        if (!ColumnTypes.IsPrimitiveRawType(elementType))
            throw Contracts.Except("Unsupported ONNX scalar type: " + elementType.Name);
        var itemType = ColumnTypes.PrimitiveTypeOf(elementType);
        return shape.Length == 0 ? itemType
            : shape.Contains(0) ? new VectorDataViewType(itemType)
            : new VectorDataViewType(itemType, shape);
    }

    private static bool IsCompatible(int[] left, int[] right) =>
        left.Length == right.Length && left.Zip(right).All(pair => pair.First == pair.Second || pair.First <= 0 || pair.Second <= 0);
}
