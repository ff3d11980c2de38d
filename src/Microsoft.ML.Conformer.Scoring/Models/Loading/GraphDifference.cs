namespace Microsoft.ML.Conformer.Models.Loading;

/// <summary>Tells in what a file's graph differs from the expected one, in part of a sentence.</summary>
internal static class GraphDifference
{
    /// <summary>Of two graphs without their tensors.</summary>
    public static string Between(GraphProto expected, GraphProto found)
    {
        for (var i = 0; i < Math.Min(expected.Node.Count, found.Node.Count); i++)
            if (!expected.Node[i].Equals(found.Node[i]))
                return Describe(found.Node[i]) is var other && other == Describe(expected.Node[i])
                    ? $"its operator {i}, {other}, has other inputs, outputs or attributes than are expected"
                    : $"its operator {i} is {other}, where {Describe(expected.Node[i])} is expected";
        if (expected.Node.Count != found.Node.Count)
            return $"it has {found.Node.Count} operators, where {expected.Node.Count} are expected";
        return !expected.Input.Equals(found.Input) ? $"its input is {Describe(found.Input)}, where {Describe(expected.Input)} is expected"
            : !expected.Output.Equals(found.Output)
                ? $"its outputs are {Describe(found.Output)}, where {Describe(expected.Output)} are expected"
            : "its name, the types of its values or other fields of it differ";
    }

    /// <summary>Of a tensor.</summary>
    public static string Between(OnnxInitializer expected, TensorProto found) =>
        $"'{expected.Name}' is {Describe(found)}, where {Describe(expected)} is expected";

    /// <summary>The shape of an input or output; empty where it has none.</summary>
    public static IReadOnlyList<TensorShapeProto.Types.Dimension> Dimensions(ValueInfoProto value) =>
        value.Type?.TensorType?.Shape?.Dim is { } dimensions ? dimensions : [];

    private static string Describe(NodeProto node) => node.OpType == node.Name || node.Name.Length == 0
        ? $"{VisibleText.Of(node.OpType)}"
        : $"{VisibleText.Of(node.OpType)} '{VisibleText.Of(node.Name)}'";

    private static string Describe(IReadOnlyList<ValueInfoProto> values)
    {
        const int shown = 4;
        var some = values.Take(shown).Select(value => $"'{VisibleText.Of(value.Name)}' [{string.Join(", ", Dimensions(value).Take(shown + 1)
            .Select(size => size.HasDimParam ? VisibleText.Of(size.DimParam) : $"{size.DimValue}"))}]");
        return string.Join(", ", some) + (values.Count > shown ? $" and {values.Count - shown} more" : "");
    }

    private static string Describe(TensorProto tensor) =>
        tensor.DataLocation == TensorProto.Types.DataLocation.External ? "in another file"
        : $"{(OnnxElementType)tensor.DataType} [{string.Join(", ", tensor.Dims.Take(8))}]";

    private static string Describe(OnnxInitializer tensor) => $"{tensor.Type} [{string.Join(", ", tensor.Shape)}]";
}
