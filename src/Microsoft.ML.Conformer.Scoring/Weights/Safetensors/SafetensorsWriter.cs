using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Weights.Safetensors;

/// <summary>
/// Writes tensors as a safetensors file (https://huggingface.co/docs/safetensors), one at a time, each in row-major order.
/// </summary>
internal static class SafetensorsWriter
{
    private const int HeaderAlignment = 8;

    /// <summary>
    /// Writes weights under their official names, floating-point tensors as F32, integers such as BatchNorms' counters as I64, as PyTorch
    /// has them. The file is there as a whole or not at all.
    /// </summary>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <param name="layout">Names and shapes in the order of the header; names that <paramref name="weights"/> lacks are left out.</param>
    /// <param name="weights">The values.</param>
    /// <param name="metadata">Text to text, written as __metadata__; none by default.</param>
    /// <exception cref="ArgumentException">A tensor of <paramref name="weights"/> has another shape than the layout says.</exception>
    public static void Write(
        string path, IEnumerable<NetworkTensor> layout, IWeightSource weights, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, layout, weights, metadata));

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{NetworkTensor}, IWeightSource, IReadOnlyDictionary{string, string}?)"/>
    public static void Write(
        Stream stream, IEnumerable<NetworkTensor> layout, IWeightSource weights, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var tensors = layout.Where(tensor => weights.Contains(tensor.Name)).ToList();
        foreach (var tensor in tensors)
            if (!weights.Shape(tensor.Name).SequenceEqual(tensor.Shape))
                throw new ArgumentException(
                    $"Tensor '{VisibleText.Of(tensor.Name)}' has shape {CheckpointTensor.ShapeText(weights.Shape(tensor.Name))}; the "
                        + $"layout says {CheckpointTensor.ShapeText(tensor.Shape)}.",
                    nameof(weights));
        Write(stream, tensors.Select(tensor => new SafetensorsEntry(
            tensor.Name, tensor.IsInteger ? ElementType.Int64 : ElementType.Float32, tensor.Shape, target =>
            {
                var values = weights.Read(tensor.Name);
                if (tensor.IsInteger)
                    target.Write(MemoryMarshal.AsBytes<long>(Array.ConvertAll(values, value => (long)value)));
                else
                    target.Write(MemoryMarshal.AsBytes<float>(values));
            })), metadata);
    }

    /// <summary>Writes to a stream, which stays open.</summary>
    public static void Write(
        Stream stream, IEnumerable<SafetensorsEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // Larger elements first, so that each tensor is aligned to its elements.
        var ordered = tensors.OrderByDescending(tensor => tensor.Type.Size).ToList();
        stream.Write(Header(ordered, metadata));
        foreach (var tensor in ordered)
            tensor.Write(stream);
    }

    private static byte[] Header(IEnumerable<SafetensorsEntry> tensors, IReadOnlyDictionary<string, string>? metadata)
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
                var end = begin + tensor.Shape.Aggregate((long)tensor.Type.Size, (bytes, size) => bytes * size);
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsReader.Types.First(pair => pair.Value == tensor.Type).Key);
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

/// <summary>A tensor to write.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Write">Writes its elements in row-major order, little-endian.</param>
internal sealed record SafetensorsEntry(string Name, ElementType Type, IReadOnlyList<long> Shape, Action<Stream> Write);
