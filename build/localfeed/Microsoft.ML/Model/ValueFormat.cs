using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Model;

/// <summary>How values of columns and annotations are written in a model file.</summary>
internal static class ValueFormat
{
    public static void WriteArray<T>(BinaryWriter writer, ReadOnlySpan<T> values)
    {
        writer.Write(values.Length);
        foreach (ref readonly var value in values)
            WriteItem(writer, in value);
    }

    public static T[] ReadArray<T>(BinaryReader reader)
    {
        var values = new T[reader.ReadInt32()];
        for (var i = 0; i < values.Length; i++)
            values[i] = ReadItem<T>(reader);
        return values;
    }

    /// <summary>Writes all annotations of writable types.</summary>
    public static void WriteAnnotations(BinaryWriter writer, DataViewSchema.Annotations annotations)
    {
        var columns = annotations.Schema.Where(column => ColumnTypeFormat.CanWrite(column.Type)).ToArray();
        writer.Write(columns.Length);
        foreach (var column in columns)
        {
            writer.Write(column.Name);
            ColumnTypeFormat.Write(writer, column.Type);
            GenericCall.Invoke<object>(WriteAnnotation<int>, column.Type.GetItemType().RawType, writer, annotations, column);
        }
    }

    public static DataViewSchema.Annotations ReadAnnotations(BinaryReader reader)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        var count = reader.ReadInt32();
        for (var i = 0; i < count; i++)
        {
            var name = reader.ReadString();
            var type = ColumnTypeFormat.Read(reader);
            builder.Add(name, type, GenericCall.Invoke<Delegate>(ReadAnnotation<int>, type.GetItemType().RawType, reader, type));
        }
        return builder.ToAnnotations();
    }

    private static object WriteAnnotation<T>(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
        {
            var vector = default(VBuffer<T>);
            annotations.GetGetter<VBuffer<T>>(column)(ref vector);
            WriteArray<T>(writer, vector.DenseValues().ToArray());
        }
        else
        {
            var value = default(T);
            annotations.GetGetter<T>(column)(ref value);
            WriteItem(writer, in value);
        }
        return null;
    }

    private static Delegate ReadAnnotation<T>(BinaryReader reader, DataViewType type)
    {
        if (type is not VectorDataViewType)
        {
            var value = ReadItem<T>(reader);
            return (ValueGetter<T>)((ref T destination) => destination = value);
        }
        var values = ReadArray<T>(reader);
        return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> destination) => VBuffer<T>.Copy(values, 0, ref destination, values.Length));
    }

    private static void WriteItem<T>(BinaryWriter writer, in T value)
    {
        if (value is ReadOnlyMemory<char> text)
            writer.Write(text.ToString());
        else
            writer.Write(Bytes(ref Unsafe.AsRef(in value)));
    }

    private static T ReadItem<T>(BinaryReader reader)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<char>))
            return (T)(object)reader.ReadString().AsMemory();
        T value = default;
        reader.BaseStream.ReadExactly(Bytes(ref value));
        return value;
    }

    // All raw types of primitive columns other than text are plain values.
    private static Span<byte> Bytes<T>(ref T value) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref value), Unsafe.SizeOf<T>());
}
