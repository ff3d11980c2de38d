using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Conformer.Tests.Weights.Torch;

/// <summary>Writes pickles opcode by opcode, sound ones and others, as PyTorch does (protocol 2).</summary>
internal sealed class PickleWriter
{
    private readonly MemoryStream _bytes = new();

    public PickleWriter() => Raw(0x80, 2);

    public PickleWriter Raw(params byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleWriter Code(string opcodes) => Raw(Encoding.Latin1.GetBytes(opcodes));

    public PickleWriter Global(string module, string name) => Code($"c{module}\n{name}\n");

    public PickleWriter Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Code("X").Raw(length).Raw(utf8);
    }

    public PickleWriter Integer(long value)
    {
        if (value is >= 0 and < 256)
            return Code("K").Raw((byte)value);
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8a, 8).Raw(bytes);
    }

    public PickleWriter Integers(IEnumerable<long> values)
    {
        Code("(");
        foreach (var value in values)
            Integer(value);
        return Code("t");
    }

    /// <summary>The persistent id of a storage.</summary>
    public PickleWriter Storage(string type, string key, long count, string location = "cpu", bool legacy = false)
    {
        Code("(").Text("storage").Global("torch", type).Text(key).Text(location).Integer(count);
        return (legacy ? Code("N") : this).Code("tQ");
    }

    /// <summary>A tensor as _rebuild_tensor_v2 takes it, without gradient and hooks.</summary>
    public PickleWriter Tensor(
        string type, string key, long count, long offset, IEnumerable<long> size, IEnumerable<long> stride, bool legacy = false) =>
        Global("torch._utils", "_rebuild_tensor_v2").Code("(").Storage(type, key, count, legacy: legacy)
            .Integer(offset).Integers(size).Integers(stride).Raw(0x89).Global("collections", "OrderedDict").Code(")RtR");

    public byte[] Stop() => Code(".").ToArray();

    public byte[] ToArray() => _bytes.ToArray();
}
