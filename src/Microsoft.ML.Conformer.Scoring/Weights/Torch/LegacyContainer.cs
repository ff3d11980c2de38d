using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// What torch.save wrote up to PyTorch 1.5, and mmpretrain published its Conformers in: five pickles (a magic number, the protocol version,
/// facts about the machine, the value, the storages' keys in order), then for each storage its element count and its bytes.
/// </summary>
internal sealed class LegacyContainer(ByteSource source) : IStorageContainer
{
    private const long Protocol = 1001;

    private static readonly BigInteger _magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber);

    private readonly Dictionary<string, TensorStorage> _storages = [];

    /// <summary>Whether a file begins with PyTorch's magic number.</summary>
    public static bool IsOne(ByteSource source) => IsMagic(PickleReader.Read(new PickleInput(source, 0), []));

    public static (object? Value, IStorageContainer Storages) Open(ByteSource source)
    {
        var container = new LegacyContainer(source);
        return (container.Read(), container);
    }

    public TensorStorage Find(PickledStorage storage, string tensor) => _storages.GetValueOrDefault(storage.Key)
        ?? throw new CheckpointFormatException(source.Name, $"its storage '{VisibleText.Of(storage.Key)}' is not in the file.", tensor);

    private object? Read()
    {
        var position = 0L;
        Dictionary<string, PickledStorage> named = [];
        object? Next()
        {
            var input = new PickleInput(source, position);
            var value = PickleReader.Read(input, named);
            position = input.Position;
            ForeignValues.RefuseIfForeign(source.Name, value);
            return value;
        }

        if (!IsMagic(Next()))
            throw Fault("it is a pickle without PyTorch's magic number. Save weights with torch.save(model.state_dict(), path)");
        if (Next() is not Protocol)
            throw Fault($"its protocol is not {Protocol}, the only one of the legacy format");
        if (Next() is not PickledDictionary machine || !machine.TryGet("little_endian", out var little) || little is not true)
            throw Fault("it was not written by a little-endian machine; save it anew on a common machine");
        var value = Next();
        if (Next() is not PickledList keys)
            throw Fault("it has no list of storages");
        FindStorages(keys, named, position);
        return value;
    }

    private static bool IsMagic(object? value) => value is BigInteger magic && magic == _magic;

    private void FindStorages(PickledList keys, Dictionary<string, PickledStorage> named, long position)
    {
        Span<byte> header = stackalloc byte[sizeof(long)];
        foreach (var item in keys.Items)
        {
            if (item is not string key || !named.TryGetValue(key, out var storage))
                throw Fault("it lists a storage that no tensor has");
            source.Read(position, header);
            var count = BinaryPrimitives.ReadInt64LittleEndian(header);
            if (count != storage.TotalCount)
                throw Fault($"storage '{VisibleText.Of(key)}' has {count} elements in the file, {storage.TotalCount} in the pickle");
            position += header.Length;
            if ((Int128)count * storage.Type.Size > source.Length - position)
                throw Fault($"storage '{VisibleText.Of(key)}' of {count} x {storage.Type} leaves the file; it is cut short");
            if (!_storages.TryAdd(key, new StoredStorage(source, position, count * storage.Type.Size, crc: null)))
                throw Fault($"storage '{VisibleText.Of(key)}' is listed twice");
            position += count * storage.Type.Size;
        }
    }

    private CheckpointFormatException Fault(string reason) => new(source.Name, $"{reason}.");
}
