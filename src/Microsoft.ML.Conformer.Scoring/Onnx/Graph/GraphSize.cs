using System.Globalization;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>A size that a graph works with: a number that is known at export, or a value that the graph computes.</summary>
internal readonly record struct GraphSize
{
    private GraphSize(long? number, string? value) => (Number, Value) = (number, value);

    /// <summary>Null where the graph computes the size.</summary>
    public long? Number { get; }

    /// <summary>Name of the value, int64 [1]; null where the size is a number.</summary>
    public string? Value { get; }

    public static implicit operator GraphSize(long number) => new(number, null);

    /// <summary>The size that a value of the graph holds, int64 [1].</summary>
    public static GraphSize Of(string value) => new(null, value);

    public override string ToString() => Value ?? Number!.Value.ToString(CultureInfo.InvariantCulture);
}
