using System.Text;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>What torch.save writes since PyTorch 1.6: a zip of root/data.pkl, root/data/key for each storage, and small entries.</summary>
internal sealed class ZipContainer : IStorageContainer
{
    private const string PickleName = "/data.pkl";

    private readonly ByteSource _source;
    private readonly ZipArchiveDirectory _archive;
    private readonly string _root;
    private readonly Dictionary<string, TensorStorage> _storages = [];

    private ZipContainer(ByteSource source)
    {
        _source = source;
        _archive = new ZipArchiveDirectory(source);
        _root = FindRoot();
        CheckByteOrder();
    }

    /// <summary>Whether a zip archive is torch.save's, and not another program's.</summary>
    public static bool IsOne(ByteSource source) => Roots(new ZipArchiveDirectory(source)).Any();

    public static (object? Value, IStorageContainer Storages) Open(ByteSource source)
    {
        var container = new ZipContainer(source);
        var pickle = container.ReadSmall(container._archive.Entries[container._root + PickleName], CheckpointLimits.MaxPickleBytes);
        using var bytes = ByteSource.FromMemory(source.Name, pickle);
        return (PickleReader.Read(new PickleInput(bytes, 0), []), container);
    }

    public TensorStorage Find(PickledStorage storage, string tensor)
    {
        if (_storages.TryGetValue(storage.Key, out var found))
            return found;
        var name = $"{_root}/data/{storage.Key}";
        if (!_archive.Entries.TryGetValue(name, out var entry))
            throw new CheckpointFormatException(_source.Name, $"its data, '{VisibleText.Of(name)}', is not in the archive.", tensor);
        if (entry.Length != (Int128)storage.TotalCount * storage.Type.Size)
            throw new CheckpointFormatException(
                _source.Name, $"its storage of {storage.TotalCount} x {storage.Type} has {entry.Length} bytes in the archive.", tensor);
        found = entry.IsDeflated
            ? new DeflatedStorage(_source, entry)
            : new StoredStorage(_source, entry.DataOffset(_source), entry.Length, entry.Crc);
        _storages.Add(storage.Key, found);
        return found;
    }

    private string FindRoot()
    {
        return Roots(_archive).ToList() switch
        {
            [var root] => root,
            [] => throw Fault($"it is a zip archive, but not one of PyTorch's: it has no entry 'name{PickleName}'"),
            var roots => throw Fault($"it has {roots.Count} entries named {PickleName[1..]}, in "
                + $"{string.Join(", ", roots.Take(4).Select(VisibleText.Of))}; which one counts is ambiguous"),
        };
    }

    private static IEnumerable<string> Roots(ZipArchiveDirectory archive) => archive.Entries.Keys
        .Where(name => name.EndsWith(PickleName, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - PickleName.Length)
        .Select(name => name[..^PickleName.Length]);

    private void CheckByteOrder()
    {
        const string little = "little";
        if (!_archive.Entries.TryGetValue($"{_root}/byteorder", out var entry))
            return;
        var order = Encoding.Latin1.GetString(ReadSmall(entry, little.Length + 2)).Trim();
        if (order != little)
            throw Fault(
                $"its byte order is '{VisibleText.Of(order)}'; only {little}-endian ones are read. Save it anew on a common machine");
    }

    private byte[] ReadSmall(ZipEntry entry, long limit)
    {
        if (entry.Length > limit)
            throw Fault($"its entry '{VisibleText.Of(entry.Name)}' has {entry.Length} bytes; at most {limit} are read");
        return _archive.Read(entry);
    }

    private CheckpointFormatException Fault(string reason) => new(_source.Name, $"{reason}.");
}
