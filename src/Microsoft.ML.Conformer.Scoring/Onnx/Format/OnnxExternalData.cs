using System.Globalization;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>ONNX's external data: a file with the larger tensors' values, for networks that exceed a protobuf message.</summary>
internal sealed class OnnxExternalData
{
    /// <summary>The metadata entry that names the file, of an ONNX file that has one.</summary>
    public const string MetadataKey = "conformer.external_data";

    /// <summary>The metadata entry with the file's checksum; files of earlier versions have none.</summary>
    public const string ChecksumKey = "conformer.external_checksum";

    /// <summary>Tensors below this size in bytes stay in the ONNX file, as runtimes want shapes there; the size is onnx.helper's.</summary>
    private const long SmallestExternal = 1024;

    /// <summary>Tensors begin at multiples of a memory page, so that runtimes can map them.</summary>
    private const long Alignment = 4096;

    private readonly Dictionary<OnnxInitializer, long> _offsets = [];

    public OnnxExternalData(string fileName, OnnxModel model)
    {
        FileName = fileName;
        var end = 0L;
        foreach (var tensor in model.Initializers.Where(tensor => tensor.ByteLength >= SmallestExternal))
        {
            var offset = (end + Alignment - 1) / Alignment * Alignment;
            _offsets.Add(tensor, offset);
            end = offset + tensor.ByteLength;
        }
    }

    /// <summary>The file's name, without a folder: it lies in the ONNX file's.</summary>
    public string FileName { get; }

    public bool Holds(OnnxInitializer tensor) => _offsets.ContainsKey(tensor);

    /// <summary>Where in the file a tensor's values begin, in bytes.</summary>
    public long OffsetOf(OnnxInitializer tensor) => _offsets[tensor];

    public IEnumerable<StringStringEntryProto> Entries(OnnxInitializer tensor) =>
    [
        new() { Key = "location", Value = FileName },
        new() { Key = "offset", Value = _offsets[tensor].ToString(CultureInfo.InvariantCulture) },
        new() { Key = "length", Value = tensor.ByteLength.ToString(CultureInfo.InvariantCulture) },
    ];

    /// <summary>Writes the file.</summary>
    /// <returns>Its checksum.</returns>
    public string Write(Stream destination, CancellationToken cancellation)
    {
        var hashed = new ChecksumStream(destination);
        var position = 0L;
        foreach (var (tensor, offset) in _offsets.OrderBy(entry => entry.Value))
        {
            cancellation.ThrowIfCancellationRequested();
            hashed.Write(new byte[offset - position]);
            tensor.WriteValues(hashed);
            position = offset + tensor.ByteLength;
        }
        return hashed.Checksum;
    }
}
