using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>
/// Finds the detector in a zip that mlContext.Model.Save wrote, alone or in a longer chain: its ONNX file, which stands there as text in a
/// table. ML.NET reads the tables, and loads nothing else of the zip.
/// </summary>
internal static class DetectorZip
{
    /// <summary>Names of zip entries, in whatever folder: a transformer's settings, and the table of a MapValue.</summary>
    private const string SettingsEntry = "Model.key", TableEntry = "DefaultMap.idv";

    /// <summary>Of those tables that are looked at.</summary>
    private const int MostTables = 16;

    /// <summary>Settings are small; a network in them is another transformer's.</summary>
    private const int MostSettingsBytes = 1 << 16;

    /// <summary>How ML.NET writes the name of the mapping that only a detector's chain has.</summary>
    private static readonly byte[] _contract = Encoding.Unicode.GetBytes(KeyMapping.Contract);

    /// <summary>Whether a zip says that it has a detector in it.</summary>
    /// <exception cref="CheckpointFormatException">The zip is damaged.</exception>
    public static bool IsOne(ByteSource source)
    {
        var zip = new ZipArchiveDirectory(source);
        return Entries(zip, SettingsEntry).Any(entry =>
            entry.Length <= MostSettingsBytes && zip.Read(entry).AsSpan().IndexOf(_contract) >= 0);
    }

    /// <summary>The ONNX file of the zip's only detector.</summary>
    /// <exception cref="FormatException">There is none, or several, or it is damaged.</exception>
    /// <exception cref="CheckpointFormatException">The zip is damaged.</exception>
    public static ByteSource Read(IHostEnvironment environment, ByteSource source)
    {
        var zip = new ZipArchiveDirectory(source);
        var tables = Entries(zip, TableEntry).ToList();
        if (tables.Count > MostTables)
            throw new FormatException($"It has {tables.Count} tables; at most {MostTables} are looked at. Save the detector alone.");
        var found = tables.Select(entry => DetectorIn(environment, zip, entry)).OfType<byte[]>().ToList();
        return found switch
        {
            [var onnx] => ByteSource.FromMemory(source.Name, onnx),
            [] => throw new FormatException(
                "It is a zip without an object detector. An image classifier's is opened by LoadImageClassifier."),
            _ => throw new FormatException($"It holds {found.Count} object detectors. Save one of them alone."),
        };
    }

    private static byte[]? DetectorIn(IHostEnvironment environment, ZipArchiveDirectory zip, ZipEntry entry)
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

    private static IEnumerable<ZipEntry> Entries(ZipArchiveDirectory zip, string name) =>
        zip.Entries.Values.Where(entry => entry.Name.Split('/', '\\')[^1] == name);

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
