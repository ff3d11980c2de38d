using System.Globalization;
using System.Numerics;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>
/// The conversions between primitive types that ML.NET defines: within signed integers (cut off), within unsigned integers and keys (0
/// where out of range), from integers to floating point, between floating-point types, to and from text, to and from Boolean. There is
/// none between signed and unsigned integers, nor from floating point to integers.
/// </summary>
internal static class StandardConversions
{
    private static readonly Type[] s_signed = [typeof(sbyte), typeof(short), typeof(int), typeof(long)];
    private static readonly Type[] s_unsigned = [typeof(byte), typeof(ushort), typeof(uint), typeof(ulong)];
    private static readonly Type[] s_floating = [typeof(float), typeof(double)];

    public static bool Exists(DataViewType source, DataViewType target)
    {
        if (source is KeyDataViewType sourceKey)
            return target is not KeyDataViewType targetKey ? s_unsigned.Contains(target.RawType) : sourceKey.Count == targetKey.Count;
        if (target is KeyDataViewType)
            return source is TextDataViewType;
        var (from, to) = (source.RawType, target.RawType);
        var toNumber = s_signed.Contains(to) || s_unsigned.Contains(to) || s_floating.Contains(to);
        return source is NumberDataViewType or BooleanDataViewType or TextDataViewType
            && (source.Equals(target)
                || target is TextDataViewType
                || (source is TextDataViewType && (toNumber || to == typeof(bool)))
                || (source is BooleanDataViewType && (s_signed.Contains(to) || s_floating.Contains(to)))
                || (source is NumberDataViewType && to == typeof(bool))
                || (s_floating.Contains(to) && source is NumberDataViewType)
                || (s_signed.Contains(from) && s_signed.Contains(to))
                || (s_unsigned.Contains(from) && s_unsigned.Contains(to)));
    }

    /// <summary>The converter between two types for which one <see cref="Exists"/>.</summary>
    public static Converter<TSource, TTarget> Create<TSource, TTarget>(DataViewType target)
    {
        if (typeof(TSource) == typeof(TTarget))
            return value => (TTarget)(object)value;
        if (typeof(TTarget) == typeof(ReadOnlyMemory<char>))
            return value => (TTarget)(object)ToText(value);
        if (typeof(TSource) == typeof(ReadOnlyMemory<char>))
            return value => (TTarget)Parse(((ReadOnlyMemory<char>)(object)value).ToString(), target);
        if (typeof(TTarget) == typeof(bool) || typeof(TSource) == typeof(bool))
            return value => (TTarget)Convert.ChangeType(value, typeof(TTarget), CultureInfo.InvariantCulture);
        return GenericCall.Invoke<Converter<TSource, TTarget>>(
            CreateNumeric<int, int>, [typeof(TSource), typeof(TTarget)]);
    }

    private static Converter<TSource, TTarget> CreateNumeric<TSource, TTarget>()
        where TSource : INumberBase<TSource>
        where TTarget : INumberBase<TTarget>
    {
        if (!s_unsigned.Contains(typeof(TTarget)))
            return TTarget.CreateTruncating;
        return value =>
        {
            var cut = TTarget.CreateTruncating(value);
            return TSource.CreateTruncating(cut) == value ? cut : TTarget.Zero;
        };
    }

    private static ReadOnlyMemory<char> ToText<T>(T value) => (value switch
    {
        float number => number.ToString("G7", CultureInfo.InvariantCulture),
        double number => number.ToString("G17", CultureInfo.InvariantCulture),
        _ => value.ToString(),
    }).AsMemory();

    private static object Parse(string text, DataViewType target)
    {
        var type = target.RawType;
        var isMissing = text.Length == 0 || text is "?" or "NaN" or "NA" or "N/A";
        if (type == typeof(float))
            return text.Length == 0 ? 0f : float.TryParse(text, CultureInfo.InvariantCulture, out var single) ? single : float.NaN;
        if (type == typeof(double))
            return text.Length == 0 ? 0d : double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
        if (type == typeof(bool))
            return text.ToUpperInvariant() is "T" or "TRUE" or "Y" or "YES" or "1" or "+" or "+1";
        if (target is KeyDataViewType key)
        {
            // The text of a key is 0-based.
            var index = !isMissing && ulong.TryParse(text, CultureInfo.InvariantCulture, out var parsed) ? parsed : ulong.MaxValue;
            return Convert.ChangeType(index < key.Count ? index + 1 : 0, type, CultureInfo.InvariantCulture);
        }
        if (text.Length == 0)
            return Convert.ChangeType(0, type, CultureInfo.InvariantCulture);
        try
        {
            return Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw Contracts.Except($"Value could not be parsed from text to {NameOf(type)}.");
        }
    }

    private static string NameOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => "sbyte",
        TypeCode.Byte => "byte",
        TypeCode.Int16 => "short",
        TypeCode.UInt16 => "ushort",
        TypeCode.Int32 => "int",
        TypeCode.UInt32 => "uint",
        TypeCode.Int64 => "long",
        _ => "ulong",
    };
}
