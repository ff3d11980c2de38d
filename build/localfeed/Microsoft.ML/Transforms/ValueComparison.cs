using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms;

/// <summary>How values of columns compare, and which of them count as missing.</summary>
internal static class ValueComparison
{
    /// <summary>Text is equal by its characters; other types as they define it.</summary>
    public static IEqualityComparer<T> EqualityOf<T>() =>
        typeof(T) == typeof(ReadOnlyMemory<char>) ? (IEqualityComparer<T>)(object)TextComparer.Instance : EqualityComparer<T>.Default;

    /// <summary>Text in ordinal order; other types as they define it.</summary>
    public static IComparer<T> OrderOf<T>() =>
        typeof(T) == typeof(ReadOnlyMemory<char>) ? (IComparer<T>)(object)TextComparer.Instance : Comparer<T>.Default;

    /// <summary>Empty text, NaN and key 0 are missing; other types have no missing value.</summary>
    public static bool IsMissing<T>(DataViewType type, T value) => value switch
    {
        ReadOnlyMemory<char> text => text.IsEmpty,
        float number => float.IsNaN(number),
        double number => double.IsNaN(number),
        _ => type is KeyDataViewType && EqualityComparer<T>.Default.Equals(value, default),
    };

    /// <summary>The value as text, as the real package writes it.</summary>
    public static ReadOnlyMemory<char> ToText<T>(T value) => value switch
    {
        ReadOnlyMemory<char> text => text,
        bool flag => flag ? "1".AsMemory() : "0".AsMemory(),
        float number => (float.IsNaN(number) ? "?" : number.ToString("R", CultureInfo.InvariantCulture)).AsMemory(),
        double number => (double.IsNaN(number) ? "?" : number.ToString("G17", CultureInfo.InvariantCulture)).AsMemory(),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture).AsMemory(),
        _ => value.ToString().AsMemory(),
    };

    private sealed class TextComparer : IEqualityComparer<ReadOnlyMemory<char>>, IComparer<ReadOnlyMemory<char>>
    {
        public static readonly TextComparer Instance = new();

        public bool Equals(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<char> text) => string.GetHashCode(text.Span, StringComparison.Ordinal);

        public int Compare(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.CompareTo(y.Span, StringComparison.Ordinal);
    }
}
