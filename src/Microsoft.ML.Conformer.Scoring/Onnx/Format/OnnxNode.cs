namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>One operator of a graph; an input that is not given is the empty name.</summary>
internal sealed record OnnxNode(
    string OpType, string Name, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<OnnxAttribute> Attributes,
    string Domain = "");

/// <summary>A named constant of an operator: a long, float, string, long[] or string[].</summary>
internal sealed record OnnxAttribute(string Name, object Value);

/// <summary>Name, element type and shape of a graph's input or output, or of a value in between; a null shape is not stated.</summary>
internal sealed record OnnxValueInfo(string Name, OnnxElementType Type, IReadOnlyList<OnnxDimension>? Shape);
