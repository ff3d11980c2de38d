namespace TorchSharp.Native;

/// <summary>An argument of an operator call, converted implicitly from the managed types that operators take.</summary>
internal readonly struct Argument
{
    public readonly object? Reference;
    public readonly long Bits;
    public readonly ArgumentKind Kind;

    private Argument(ArgumentKind kind, long bits = 0, object? reference = null)
    {
        Kind = kind;
        Bits = bits;
        Reference = reference;
    }

    public static Argument None => default;

    /// <summary>A list of tensors of which some may be absent, as <c>aten::index</c> takes it.</summary>
    public static Argument OptionalTensors(torch.Tensor?[] tensors) => new(ArgumentKind.OptionalTensorList, 0, tensors);

    public static implicit operator Argument(torch.Tensor? value) =>
        value is null ? default : new(ArgumentKind.Tensor, value.Handle, value);

    public static implicit operator Argument(torch.Tensor[] value) => new(ArgumentKind.TensorList, 0, value);

    public static implicit operator Argument(Scalar? value) => value is null ? default : new(value.Kind, value.Bits);

    public static implicit operator Argument(long value) => new(ArgumentKind.Int, value);

    public static implicit operator Argument(long? value) => value is { } v ? v : default(Argument);

    public static implicit operator Argument(double value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(double? value) => value is { } v ? v : default(Argument);

    public static implicit operator Argument(bool value) => new(ArgumentKind.Bool, value ? 1 : 0);

    public static implicit operator Argument(long[]? value) => value is null ? default : new(ArgumentKind.IntList, 0, value);

    public static implicit operator Argument(double[]? value) => value is null ? default : new(ArgumentKind.DoubleList, 0, value);

    public static implicit operator Argument(string? value) => value is null ? default : new(ArgumentKind.String, 0, value);

    public static implicit operator Argument(torch.ScalarType value) => new(ArgumentKind.Int, (long)value);

    public static implicit operator Argument(torch.ScalarType? value) => value is { } v ? v : default(Argument);

    /// <summary>The type in the lower half, the index in the upper.</summary>
    public static implicit operator Argument(torch.Device? value) =>
        value is null ? default : new(ArgumentKind.Device, (uint)value.type | ((long)value.index << 32));

    public static implicit operator Argument(torch.Generator? value) =>
        value is null ? default : new(ArgumentKind.Generator, value.Handle, value);
}
