namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>A field of a protobuf message: where it, its content and its end are in the file.</summary>
internal readonly record struct OnnxField(int Number, bool IsMessage, long Start, long Content, long End)
{
    public long Length => End - Start;
}

/// <summary>
/// Finds the fields of a protobuf message without reading what they hold: Google.Protobuf copies all of a message, and so the weights
/// of a whole file, before anything of it can be looked at.
/// </summary>
internal sealed class OnnxFields(ByteSource source)
{
    /// <summary>An empty field takes two bytes, so that a file's size does not bound the time. The largest networks have a million.</summary>
    private const int MaxFields = 1 << 22;

    private readonly byte[] _window = new byte[4096];
    private (long Start, int Length) _loaded;
    private int _count;

    /// <summary>The fields between two places in the file.</summary>
    public IEnumerable<OnnxField> Of(long position, long end)
    {
        const int varint = 0, eightBytes = 1, message = 2, fourBytes = 5;
        while (position < end)
        {
            if (++_count > MaxFields)
                throw new FormatException($"It has more than {MaxFields:N0} fields.");
            var start = position;
            var tag = Varint(ref position, end);
            var (number, kind) = (tag >> 3, (int)(tag & 7));
            if (number is 0 or > int.MaxValue >> 3)
                throw Damaged(start);
            var content = position;
            switch (kind)
            {
                case varint:
                    Varint(ref position, end);
                    break;
                case message:
                    var length = Varint(ref position, end);
                    content = position;
                    position = length <= (ulong)(end - position) ? position + (long)length : throw Damaged(start);
                    break;
                case eightBytes or fourBytes:
                    var size = kind == eightBytes ? 8 : 4;
                    position = size <= end - position ? position + size : throw Damaged(start);
                    break;
                default:
                    throw Damaged(start);
            }
            yield return new OnnxField((int)number, kind == message, start, content, position);
        }
    }

    /// <summary>Reads a field as it stands in the file.</summary>
    public void Read(OnnxField field, Span<byte> destination)
    {
        // A small field was just looked at: a call of the system for each of a million takes seconds.
        if (field.Start >= _loaded.Start && field.End <= _loaded.Start + _loaded.Length)
            _window.AsSpan((int)(field.Start - _loaded.Start), destination.Length).CopyTo(destination);
        else
            source.Read(field.Start, destination);
    }

    private ulong Varint(ref long position, long end)
    {
        var start = position;
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = position < end ? ByteAt(position++) : throw Damaged(start);
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Damaged(start);
    }

    private byte ByteAt(long position)
    {
        if (position < _loaded.Start || position >= _loaded.Start + _loaded.Length)
        {
            _loaded = (position, (int)Math.Min(_window.Length, source.Length - position));
            source.Read(position, _window.AsSpan(0, _loaded.Length));
        }
        return _window[position - _loaded.Start];
    }

    private static FormatException Damaged(long position) => new($"It is no ONNX file, or a damaged one: at byte {position}.");
}
