using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>
/// Finds the network in a zip that mlContext.Model.Save wrote of a <see cref="SavedPipeline"/>, alone or in a longer chain: its ONNX file,
/// which stands there as text in a table. ML.NET reads the tables, and loads nothing else of the zip.
/// </summary>
internal static class NetworkZip
{
    /// <summary>Names of zip entries, in whatever folder: a transformer's settings, and the table of a MapValue.</summary>
    private const string SettingsEntry = "Model.key", TableEntry = "DefaultMap.idv";

    /// <summary>Of those tables that are looked at.</summary>
    private const int MostTables = 16;

    /// <summary>Settings are small; a network in them is another transformer's.</summary>
    private const int MostSettingsBytes = 1 << 16;

    /// <summary>Whether a zip says that it has one of some custom mappings in it.</summary>
    /// <exception cref="CheckpointFormatException">The zip is damaged.</exception>
    public static bool Has(ByteSource source, params IEnumerable<string> contracts)
    {
        var names = contracts.Select(Encoding.Unicode.GetBytes).ToList(); // as ML.NET writes them
        var zip = new ZipArchiveDirectory(source);
        return zip.EntriesNamed(SettingsEntry).Any(entry =>
            entry.Length <= MostSettingsBytes && zip.Read(entry) is var settings && names.Any(name => settings.AsSpan().IndexOf(name) >= 0));
    }

    /// <summary>The ONNX file of a zip's only network, or a file itself that is no zip.</summary>
    /// <exception cref="FormatException">It is a zip, and there is none in it, or several, or it is damaged.</exception>
    public static ByteSource Unzipped(IHostEnvironment environment, ByteSource source)
    {
        if (!ModelFile.IsZip(source))
            return source;
        try
        {
            return Read(environment, source);
        }
        // What reads PyTorch's zips reads these. Who called says the file's name.
        catch (CheckpointFormatException e)
        {
            throw new FormatException(char.ToUpperInvariant(e.Reason[0]) + e.Reason[1..], e);
        }
    }

    private static ByteSource Read(IHostEnvironment environment, ByteSource source)
    {
        var zip = new ZipArchiveDirectory(source);
        var tables = zip.EntriesNamed(TableEntry).ToList();
        if (tables.Count > MostTables)
            throw new FormatException($"It has {tables.Count} tables; at most {MostTables} are looked at. Save the network alone.");
        var found = tables.Select(entry => NetworkIn(environment, zip, entry)).OfType<byte[]>().ToList();
        return found switch
        {
            [var onnx] => ByteSource.FromMemory(source.Name, onnx),
            [] => throw new FormatException(
                "It is a zip without a detector or a network for segmentation. An image classifier's is opened by LoadImageClassifier."),
            _ => throw new FormatException($"It holds {found.Count} networks. Save one of them alone."),
        };
    }

    private static byte[]? NetworkIn(IHostEnvironment environment, ZipArchiveDirectory zip, ZipEntry entry)
    {
        List<Piece> pieces;
        try
        {
            var catalog = CallerEnvironment.Data(environment);
            var table = catalog.LoadFromBinary(new Bytes(zip.Read(entry)));
            if (table.Schema.GetColumnOrNull(nameof(Piece.Key))?.Type != NumberDataViewType.Int32
                || table.Schema.GetColumnOrNull(nameof(Piece.Value))?.Type != TextDataViewType.Instance)
                return null; // of another MapValue
            pieces = [.. catalog.CreateEnumerable<Piece>(table, reuseRowObject: false).OrderBy(piece => piece.Key)];
        }
        // ML.NET tells damage by exceptions of many kinds.
        catch (Exception e) when (e is not (OutOfMemoryException or CheckpointFormatException))
        {
            throw new FormatException($"Its entry '{VisibleText.Of(entry.Name)}' is damaged: {VisibleText.Reason(e)}", e);
        }
        return PackedText.IsOne(pieces.FirstOrDefault()?.Value ?? default)
            ? PackedText.Read([.. pieces.Select(piece => piece.Value)])
            : null;
    }

    private sealed class Piece
    {
        public int Key { get; set; }

        public ReadOnlyMemory<char> Value { get; set; }
    }

    private sealed class Bytes(byte[] bytes) : IMultiStreamSource
    {
        public int Count => 1;

        public string? GetPathOrNull(int index) => null;

        public Stream Open(int index) => new MemoryStream(bytes, writable: false);

        public TextReader OpenTextReader(int index) => new StreamReader(Open(index));
    }
}
