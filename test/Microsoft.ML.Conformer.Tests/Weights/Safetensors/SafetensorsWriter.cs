using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Safetensors;

namespace Microsoft.ML.Conformer.Tests.Weights.Safetensors;

/// <summary>
/// Writes weights as a safetensors file under their official names, one tensor at a time: floating-point tensors as F32, the BatchNorms'
/// counters as I64, as PyTorch has them.
/// </summary>
internal static class SafetensorsWriter
{
    private const int HeaderAlignment = 8;

    /// <summary>Writes the file under a temporary name beside <paramref name="path"/> and moves it there when it is complete.</summary>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <param name="layout">Names and shapes in the order of the header; names that <paramref name="weights"/> lacks are left out.</param>
    /// <param name="weights">The values.</param>
    /// <param name="metadata">Text to text, written as __metadata__; none by default.</param>
    /// <exception cref="ArgumentException">A tensor of <paramref name="weights"/> has another shape than the layout says.</exception>
    public static void Write(
        string path, IEnumerable<NetworkTensor> layout, IWeightSource weights, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, CheckpointLimits.ChunkBytes))
                Write(file, layout, weights, metadata);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{NetworkTensor}, IWeightSource, IReadOnlyDictionary{string, string}?)"/>
    public static void Write(
        Stream stream, IEnumerable<NetworkTensor> layout, IWeightSource weights, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // Eight-byte elements come first, so that every tensor is aligned to its element.
        var tensors = layout.Where(tensor => weights.Contains(tensor.Name)).OrderBy(tensor => tensor.IsBatchCounter ? 0 : 1).ToList();
        foreach (var tensor in tensors)
            if (!weights.Shape(tensor.Name).SequenceEqual(tensor.Shape))
                throw new ArgumentException(
                    $"Tensor '{tensor.Name}' has shape {Printable.Shape(weights.Shape(tensor.Name))}; the layout says "
                        + $"{Printable.Shape(tensor.Shape)}.",
                    nameof(weights));

        stream.Write(Header(tensors, metadata));
        foreach (var tensor in tensors)
        {
            var values = weights.Read(tensor.Name);
            if (tensor.IsBatchCounter)
                stream.Write(MemoryMarshal.AsBytes<long>(Array.ConvertAll(values, value => (long)value)));
            else
                stream.Write(MemoryMarshal.AsBytes<float>(values));
        }
    }

    private static byte[] Header(List<NetworkTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(new byte[SafetensorsReader.LengthBytes]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            var begin = 0L;
            foreach (var tensor in tensors)
            {
                var type = tensor.IsBatchCounter ? ElementType.Int64 : ElementType.Float32;
                var end = begin + tensor.Count * type.Size;
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsReader.Types.First(pair => pair.Value == type).Key);
                WriteIntegers(json, "shape", tensor.Shape);
                WriteIntegers(json, "data_offsets", [begin, end]);
                json.WriteEndObject();
                begin = end;
            }
            json.WriteEndObject();
        }
        while (buffer.Length % HeaderAlignment != 0)
            buffer.WriteByte((byte)' ');
        var header = buffer.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - SafetensorsReader.LengthBytes);
        return header;
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
