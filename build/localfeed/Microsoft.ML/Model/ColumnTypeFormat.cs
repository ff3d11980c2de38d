using Microsoft.ML.Data;

namespace Microsoft.ML.Model;

/// <summary>How column types are written in a model file.</summary>
internal static class ColumnTypeFormat
{
    private const byte PrimitiveTag = 0;
    private const byte KeyTag = 1;
    private const byte VectorTag = 2;

    /// <summary>Custom types, such as images, cannot be written.</summary>
    public static bool CanWrite(DataViewType type) => type is PrimitiveDataViewType or VectorDataViewType;

    public static void Write(BinaryWriter writer, DataViewType type)
    {
        switch (type)
        {
            case VectorDataViewType vector:
                writer.Write(VectorTag);
                Write(writer, vector.ItemType);
                writer.Write(vector.Dimensions.Length);
                foreach (var dimension in vector.Dimensions)
                    writer.Write(dimension);
                break;
            case KeyDataViewType key:
                writer.Write(KeyTag);
                writer.Write(key.RawType.FullName);
                writer.Write(key.Count);
                break;
            default:
                writer.Write(PrimitiveTag);
                writer.Write(type.RawType == typeof(ReadOnlyMemory<char>) ? typeof(string).FullName : type.RawType.FullName);
                break;
        }
    }

    /// <exception cref="FormatException">There is no column type.</exception>
    public static DataViewType Read(BinaryReader reader)
    {
        switch (reader.ReadByte())
        {
            case VectorTag when Read(reader) is PrimitiveDataViewType itemType:
                var dimensions = new int[reader.ReadInt32()];
                for (var i = 0; i < dimensions.Length; i++)
                    dimensions[i] = reader.ReadInt32();
                return new VectorDataViewType(itemType, dimensions);
            case KeyTag:
                return new KeyDataViewType(ColumnTypes.PrimitiveTypeNamed(reader.ReadString()).RawType, reader.ReadUInt64());
            case PrimitiveTag:
                return ColumnTypes.PrimitiveTypeNamed(reader.ReadString());
            default:
                throw new FormatException("Corrupt model file");
        }
    }
}
