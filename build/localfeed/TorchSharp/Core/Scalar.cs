using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number as libtorch passes it: 64-bit integer, 64-bit float or truth value.</summary>
public sealed class Scalar : IDisposable
{
    internal Scalar(ArgumentKind kind, long bits)
    {
        Kind = kind;
        Bits = bits;
    }

    public ScalarType Type => Kind switch
    {
        ArgumentKind.Int => ScalarType.Int64,
        ArgumentKind.Bool => ScalarType.Bool,
        _ => ScalarType.Float64,
    };

    internal ArgumentKind Kind { get; }

    internal long Bits { get; }

    public static implicit operator Scalar(byte value) => value.ToScalar();

    public static implicit operator Scalar(sbyte value) => value.ToScalar();

    public static implicit operator Scalar(short value) => value.ToScalar();

    public static implicit operator Scalar(int value) => value.ToScalar();

    public static implicit operator Scalar(long value) => value.ToScalar();

    public static implicit operator Scalar(Half value) => value.ToScalar();

    public static implicit operator Scalar(BFloat16 value) => value.ToScalar();

    public static implicit operator Scalar(float value) => value.ToScalar();

    public static implicit operator Scalar(double value) => value.ToScalar();

    public static implicit operator Scalar(bool value) => value.ToScalar();

    /// <summary>Does nothing: unlike TorchSharp's, this scalar holds nothing native.</summary>
    public void Dispose()
    {
    }
}
