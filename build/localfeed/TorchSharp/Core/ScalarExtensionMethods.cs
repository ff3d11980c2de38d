using TorchSharp.Native;

namespace TorchSharp;

/// <summary>Conversions between numbers and <see cref="Scalar"/>.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => ((long)value).ToScalar();

    public static Scalar ToScalar(this sbyte value) => ((long)value).ToScalar();

    public static Scalar ToScalar(this short value) => ((long)value).ToScalar();

    public static Scalar ToScalar(this int value) => ((long)value).ToScalar();

    public static Scalar ToScalar(this long value) => new(ArgumentKind.Int, value);

    public static Scalar ToScalar(this Half value) => ((double)value).ToScalar();

    public static Scalar ToScalar(this BFloat16 value) => ((double)value).ToScalar();

    public static Scalar ToScalar(this float value) => ((double)value).ToScalar();

    public static Scalar ToScalar(this double value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static Scalar ToScalar(this bool value) => new(ArgumentKind.Bool, value ? 1 : 0);

    public static float ToSingle(this Scalar value) => (float)value.ToDouble();

    public static double ToDouble(this Scalar value) =>
        value.Kind == ArgumentKind.Double ? BitConverter.Int64BitsToDouble(value.Bits) : value.Bits;

    public static int ToInt32(this Scalar value) => (int)value.ToInt64();

    public static long ToInt64(this Scalar value) => value.Kind == ArgumentKind.Double ? (long)value.ToDouble() : value.Bits;

    public static bool ToBoolean(this Scalar value) => value.ToDouble() != 0;
}
