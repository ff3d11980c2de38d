using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>Tensors as a safetensors file (https://huggingface.co/docs/safetensors), one at a time, each in row-major order.</summary>
internal static class SafetensorsFile
{
    private const int Alignment = 8;

    /// <param name="stream">Written to; it stays open.</param>
    /// <param name="tensors">By name, on any device: 32-bit floats, 64-bit integers or bytes.</param>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors)
    {
        // Larger elements first, so that each tensor is aligned to its elements.
        var ordered = tensors
            .OrderByDescending(entry => entry.Value.element_size()).ThenBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        stream.Write(Header(ordered));
        foreach (var (_, tensor) in ordered)
        {
            using var scope = NewDisposeScope();
            stream.Write(tensor.detach().cpu().contiguous().bytes);
        }
    }

    private static byte[] Header(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var buffer = new MemoryStream();
        buffer.Write(new byte[SafetensorsReader.LengthBytes]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            var begin = 0L;
            foreach (var (name, tensor) in tensors)
            {
                var end = begin + tensor.numel() * tensor.element_size();
                json.WriteStartObject(name);
                json.WriteString("dtype", TypeOf(tensor));
                WriteIntegers(json, "shape", tensor.shape);
                WriteIntegers(json, "data_offsets", [begin, end]);
                json.WriteEndObject();
                begin = end;
            }
            json.WriteEndObject();
        }
        while (buffer.Length % Alignment != 0)
            buffer.WriteByte((byte)' ');
        var header = buffer.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - SafetensorsReader.LengthBytes);
        return header;
    }

    private static string TypeOf(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Int64 => "I64",
        ScalarType.Byte => "U8",
        var other => throw new NotSupportedException($"{other} is not written."),
    };

    private static void WriteIntegers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
