using System.Globalization;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>A size that a graph works with: a number that is known at export, or a value that the graph computes.</summary>
/// <param name="Number">Null where the graph computes the size.</param>
/// <param name="Value">Name of the value, int64 [1]; null where the size is a number.</param>
internal readonly record struct GraphSize(long? Number, string? Value)
{
    public static implicit operator GraphSize(long number) => new(number, null);

    public static GraphSize Of(string value) => new(null, value);

    /// <summary>As a dimension of a declared shape: the number, or free under a name.</summary>
    public OnnxDimension Or(string name) => Number is { } number ? number : OnnxDimension.Free(name);

    public override string ToString() => Value ?? Number!.Value.ToString(CultureInfo.InvariantCulture);
}
