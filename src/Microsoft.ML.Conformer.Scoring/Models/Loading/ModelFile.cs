using System.Buffers.Binary;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Models.Loading;

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

    /// <summary>Of those models in a zip that are looked at.</summary>
    private const int MostModels = 16;

    public static ScorableModel Open(IHostEnvironment environment, string path, ScoringColumns columns, WeightFileOptions weights)
    {
        if (PlainFile.OtherKind(path) is { } kind)
            throw new InvalidDataException(Describe(path, $"It is {kind}."));
        if (!File.Exists(path) || CheckpointFile.IsOne(path))
            return UntrainedClassifier.Open(environment, path, columns, weights);
        using var source = ByteSource.OpenFile(path);
        return Read(source, columns, weights);
    }

    /// <summary>Reads a stream from where it stands to its end; it stays open.</summary>
    public static (string Name, ScorableModel Model) Open(
        IHostEnvironment environment, Stream stream, ScoringColumns columns, WeightFileOptions weights)
    {
        var name = stream is FileStream file ? file.Name : StreamName;
        var bytes = ReadToEnd(stream, name, weights.CancellationToken);
        var source = ByteSource.FromMemory(name, bytes);
        return (name, CheckpointFile.IsOne(source)
            ? UntrainedClassifier.Open(environment, source, columns, weights)
            : Read(source, columns, weights));
    }

    public static string Describe(string path, string fault) =>
        $"'{VisibleText.OfPath(path)}' is no image classifier that can be scored. {fault} It must be a zip that mlContext.Model.Save " +
        "wrote with one in it, or a file that ImageClassifierTransformer.SaveAsOnnx wrote, or a weight file (.pth, .safetensors).";

    private static LoadedModel Read(ByteSource source, ScoringColumns columns, WeightFileOptions options)
    {
        if (options.ClassNames is not null)
            throw new ArgumentException(
                $"{nameof(options.ClassNames)} are for weight files; '{VisibleText.OfPath(source.Name)}' is none, and has names of its own.",
                nameof(options));
        try
        {
            return IsZip(source) ? ReadZip(source, columns, options) : ReadOnnx(source, columns, options);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new InvalidDataException(Describe(source.Name, e.Message), e);
        }
    }

    private static LoadedModel ReadOnnx(ByteSource source, ScoringColumns columns, WeightFileOptions options) =>
        LoadedModel.Read(source, columns, options.ExternalDataFolder, options.CancellationToken);

    /// <summary>Whether a file begins as a zip archive does.</summary>
    public static bool IsZip(ByteSource source)
    {
        Span<byte> start = stackalloc byte[2];
        if (source.Length < start.Length)
            return false;
        source.Read(0, start);
        return start.SequenceEqual("PK"u8);
    }

    /// <summary>A zip may hold other ONNX models too; exactly one must be an image classifier.</summary>
    private static LoadedModel ReadZip(ByteSource source, ScoringColumns columns, WeightFileOptions options)
    {
        var zip = new ZipArchiveDirectory(source);
        var entries = zip.EntriesNamed(ModelEntry).ToList();
        if (entries.Count == 0)
            throw new InvalidDataException(
                $"Its {zip.Entries.Count} entries include no ONNX model (an entry named '{ModelEntry}', which OnnxTransformer writes). " +
                "LoadObjectDetector opens detectors, LoadImageSegmenter networks for segmentation.");

        if (entries.Count > MostModels)
            throw new InvalidDataException(
                $"It has {entries.Count} ONNX models; at most {MostModels} are looked at. Save the classifier alone.");

        var found = new List<(string Entry, LoadedModel Model)>();
        FormatException? fault = null;
        foreach (var entry in entries)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            using var onnx = ReadEntry(source, zip, entry);
            try
            {
                found.Add((entry.Name, ReadOnnx(onnx, columns, options)));
            }
            catch (FormatException e)
            {
                fault = new FormatException($"In its entry '{VisibleText.Of(entry.Name)}': {e.Message}", e);
            }
        }
        return found.Count switch
        {
            0 => throw fault!,
            1 => found[0].Model,
            _ => throw new InvalidDataException(
                $"It holds {found.Count} image classifiers ({string.Join(", ", found.Take(4).Select(one => VisibleText.Of(one.Entry)))}). " +
                "Save one of them alone."),
        };
    }

    /// <summary>Reads an entry as OnnxTransformer writes it: the model's length, a little-endian int32, and the model.</summary>
    private static ByteSource ReadEntry(ByteSource source, ZipArchiveDirectory zip, ZipEntry entry)
    {
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        if (entry.Length < prefix.Length)
            throw new InvalidDataException(
                $"Its entry '{VisibleText.Of(entry.Name)}' is damaged: it has {entry.Length} bytes, and announces no length.");
        var bytes = zip.Read(entry, prefix);
        return BinaryPrimitives.ReadInt32LittleEndian(prefix) is var length && length == bytes.Length
            ? ByteSource.FromMemory(source.Name, bytes)
            : throw new InvalidDataException(
                $"Its entry '{VisibleText.Of(entry.Name)}' is damaged: it has {entry.Length} bytes, and announces {length} after " +
                "the first 4.");
    }

    private static byte[] ReadToEnd(Stream stream, string name, CancellationToken cancellation)
    {
        // What a stream says of its length is taken as no more than a hint.
        var expected = stream.CanSeek ? stream.Length - stream.Position : FirstBufferBytes;
        if (expected > Array.MaxLength)
            throw new InvalidDataException(Describe(name, TooLong(expected).Message));
        var (bytes, length) = (new byte[Math.Max(expected, 1)], 0);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
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
