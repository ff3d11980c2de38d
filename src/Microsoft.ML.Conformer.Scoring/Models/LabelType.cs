using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Models;

/// <summary>The classes' type in an ONNX file, which names them as text: numbers and booleans are restored, others stay text.</summary>
internal static class LabelType
{
    /// <summary>The type's name where the label keys carry no values.</summary>
    private const string None = "None";

    private static readonly Dictionary<string, Func<IReadOnlyList<string>, ClassLabels>> _readers = new()
    {
        [None] = names => ClassLabels.Numbered(names.Count),
        [nameof(SByte)] = ReaderOf<sbyte>(NumberDataViewType.SByte),
        [nameof(Byte)] = ReaderOf<byte>(NumberDataViewType.Byte),
        [nameof(Int16)] = ReaderOf<short>(NumberDataViewType.Int16),
        [nameof(UInt16)] = ReaderOf<ushort>(NumberDataViewType.UInt16),
        [nameof(Int32)] = ReaderOf<int>(NumberDataViewType.Int32),
        [nameof(UInt32)] = ReaderOf<uint>(NumberDataViewType.UInt32),
        [nameof(Int64)] = ReaderOf<long>(NumberDataViewType.Int64),
        [nameof(UInt64)] = ReaderOf<ulong>(NumberDataViewType.UInt64),
        [nameof(Single)] = ReaderOf<float>(NumberDataViewType.Single),
        [nameof(Double)] = ReaderOf<double>(NumberDataViewType.Double),
        [nameof(Boolean)] = ReaderOf<bool>(BooleanDataViewType.Instance),
    };

    /// <summary>The type's name, to be recorded in an ONNX file; null for text and for types that come back as text.</summary>
    public static string? NameFor(ClassLabels labels)
    {
        var type = labels.HaveKeyValues ? labels.ItemType.RawType.Name : None;
        return _readers.ContainsKey(type) ? type : null;
    }

    /// <summary>The classes as values of the type of that name, or as text where it is null.</summary>
    public static ClassLabels Restore(IReadOnlyList<string> names, string? type)
    {
        if (type is null)
            return new ClassLabels<ReadOnlyMemory<char>>(
                [.. names.Select(name => name.AsMemory())], TextDataViewType.Instance, haveKeyValues: true);
        if (!_readers.TryGetValue(type, out var reader))
            throw new FormatException(
                $"Its metadata entry '{OnnxModelMetadata.LabelTypeKey}' is '{VisibleText.Of(type)}', a type of labels that is not known " +
                "here.");
        try
        {
            return reader(names);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new FormatException($"Its class names are no values of the type {type} that its metadata says: {VisibleText.Reason(e)}");
        }
    }

    private static Func<IReadOnlyList<string>, ClassLabels> ReaderOf<T>(PrimitiveDataViewType type) where T : IParsable<T> =>
        names => new ClassLabels<T>([.. names.Select(name => T.Parse(name, CultureInfo.InvariantCulture))], type, haveKeyValues: true);
}
