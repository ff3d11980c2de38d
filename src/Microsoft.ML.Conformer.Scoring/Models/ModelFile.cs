using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Models;

/// <summary>
/// Finds the network in a file: a zip that mlContext.Model.Save wrote, an ONNX file, or weights, which may be published ones.
/// </summary>
internal static class ModelFile
{
    /// <summary>Name of the zip entry, in whatever folder, where ML.NET's OnnxTransformer keeps its model.</summary>
    private const string ModelEntry = "OnnxModel";

    /// <summary>What messages call a stream.</summary>
    private const string StreamName = "the stream";

    private const int FirstBufferBytes = 1 << 16;

    public static ScorableModel Open(IHostEnvironment environment, string path, ScoringColumns columns, WeightFileOptions weights)
    {
        if (PlainFile.OtherKind(path) is { } kind)
            throw new InvalidDataException(Describe(path, $"It is {kind}."));
        return !File.Exists(path) || CheckpointFile.IsOne(path) ? UntrainedClassifier.Open(environment, path, columns, weights)
            : Read(path, weights, () =>
            {
                using var stream = File.OpenRead(path);
                return IsZip(stream) ? ReadZip(stream, columns) : LoadedModel.Read(ReadBytes(stream, stream.Length), columns);
            });
    }

    /// <summary>Reads a stream from where it stands to its end; it stays open.</summary>
    public static (string Name, ScorableModel Model) Open(
        IHostEnvironment environment, Stream stream, ScoringColumns columns, WeightFileOptions weights)
    {
        var name = stream is FileStream file ? file.Name : StreamName;
        var bytes = ReadToEnd(stream, name);
        var source = ByteSource.FromMemory(name, bytes);
        return (name, CheckpointFile.IsOne(source) ? UntrainedClassifier.Open(environment, source, columns, weights)
            : Read(name, weights, () =>
            {
                using var content = new MemoryStream(bytes);
                return IsZip(content) ? ReadZip(content, columns) : LoadedModel.Read(bytes, columns);
            }));
    }

    public static string Describe(string path, string fault) =>
        $"'{path}' is no image classifier that can be scored. {fault} It must be a zip that mlContext.Model.Save wrote with one in it, " +
        "or a file that ImageClassifierTransformer.SaveAsOnnx wrote, or a weight file (.pth, .safetensors).";

    private static LoadedModel Read(string name, WeightFileOptions weights, Func<LoadedModel> read)
    {
        if (weights.ClassNames is not null)
            throw new ArgumentException(
                $"{nameof(weights.ClassNames)} are for weight files; '{name}' is none, and has names of its own.", nameof(weights));
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException(Describe(name, e.Message), e);
        }
    }

    private static bool IsZip(Stream stream)
    {
        Span<byte> start = stackalloc byte[2];
        var isZip = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("PK"u8);
        stream.Position = 0;
        return isZip;
    }

    /// <summary>A zip may hold other ONNX models too; exactly one must be an image classifier.</summary>
    private static LoadedModel ReadZip(Stream stream, ScoringColumns columns)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        // ML.NET separates folders by the path separator of the machine that wrote.
        var entries = zip.Entries.Where(entry => entry.FullName.Split('/', '\\')[^1] == ModelEntry).ToList();
        if (entries.Count == 0)
            throw new InvalidDataException(
                $"Its {zip.Entries.Count} entries include no ONNX model (an entry named '{ModelEntry}', which OnnxTransformer writes).");

        var found = new List<(string Entry, LoadedModel Model)>();
        FormatException? fault = null;
        foreach (var entry in entries)
        {
            var onnx = ReadEntry(entry);
            try
            {
                found.Add((entry.FullName, LoadedModel.Read(onnx, columns)));
            }
            catch (FormatException e)
            {
                fault = new FormatException($"In its entry '{entry.FullName}': {e.Message}", e);
            }
        }
        return found.Count switch
        {
            0 => throw fault!,
            1 => found[0].Model,
            _ => throw new InvalidDataException(
                $"It holds {found.Count} image classifiers ({string.Join(", ", found.Select(one => one.Entry))}). Save one of them alone."),
        };
    }

    /// <summary>Reads an entry as OnnxTransformer writes it: the model's length, a little-endian int32, and the model.</summary>
    private static byte[] ReadEntry(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        return length >= 0 && length == entry.Length - prefix.Length
            ? ReadBytes(stream, length)
            : throw new InvalidDataException(
                $"Its entry '{entry.FullName}' is damaged: it has {entry.Length} bytes, and announces {length} after the first 4.");
    }

    private static byte[] ReadBytes(Stream stream, long length)
    {
        if (length > Array.MaxLength)
            throw TooLong(length);
        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] ReadToEnd(Stream stream, string name)
    {
        // What a stream says of its length is taken as no more than a hint.
        var expected = stream.CanSeek ? stream.Length - stream.Position : FirstBufferBytes;
        if (expected > Array.MaxLength)
            throw new InvalidDataException(Describe(name, TooLong(expected).Message));
        var (bytes, length) = (new byte[Math.Max(expected, 1)], 0);
        while (true)
        {
            var count = stream.Read(bytes, length, bytes.Length - length);
            length += count;
            if (count == 0)
                break;
            if (length < bytes.Length)
                continue;
            var next = stream.ReadByte();
            if (next < 0)
                break;
            if (length == Array.MaxLength)
                throw new InvalidDataException(Describe(name, TooLong(length + 1L).Message));
            Array.Resize(ref bytes, (int)Math.Min(2L * length, Array.MaxLength));
            bytes[length++] = (byte)next;
        }
        Array.Resize(ref bytes, length);
        return bytes;
    }

    private static InvalidDataException TooLong(long length) =>
        new($"It has {length} bytes or more; an ONNX file in one piece has at most 2 GB.");
}
