using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>The bytes of one pickle. A length that it claims is compared with what is left before anything is allocated for it.</summary>
internal sealed class PickleInput(ByteSource source, long start)
{
    private static readonly UTF8Encoding _utf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[16 << 10];
    private readonly long _end = Math.Min(source.Length, start + CheckpointLimits.MaxPickleBytes);
    private long _bufferStart = start;
    private int _bufferLength, _next;

    public string FileName => source.Name;

    public long Position => _bufferStart + _next;

    public byte ReadByte()
    {
        if (_next == _bufferLength)
            Fill(1);
        return _buffer[_next++];
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double ReadDoubleBigEndian() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Fails unless <paramref name="count"/> more bytes are there.</summary>
    public void ExpectBytes(ulong count)
    {
        if (count > (ulong)(_end - Position))
            throw Fault($"{count} bytes are claimed at byte {Position}, where {_end - Position} are left");
    }

    public byte[] ReadBytes(ulong count)
    {
        ExpectBytes(count);
        var bytes = new byte[count];
        var buffered = Math.Min(bytes.Length, _bufferLength - _next);
        _buffer.AsSpan(_next, buffered).CopyTo(bytes);
        _next += buffered;
        if (buffered < bytes.Length)
        {
            source.Read(Position, bytes.AsSpan(buffered));
            _bufferStart = Position + bytes.Length - buffered;
            _bufferLength = _next = 0;
        }
        return bytes;
    }

    public string ReadUtf8(ulong count)
    {
        try
        {
            return _utf8.GetString(ReadBytes(count));
        }
        catch (DecoderFallbackException)
        {
            throw Fault($"the text before byte {Position} is not UTF-8");
        }
    }

    /// <summary>Text up to the next line feed, which is taken too.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (var value = ReadByte(); value != (byte)'\n'; value = ReadByte())
        {
            if (line.Length == CheckpointLimits.MaxNameLength)
                throw Fault($"a name is longer than {CheckpointLimits.MaxNameLength} bytes at byte {Position}");
            line.Append((char)value);
        }
        return line.ToString();
    }

    public CheckpointFormatException Fault(string reason, string? tensor = null) =>
        new(FileName, $"the pickle is malformed: {reason}.", tensor);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_bufferLength - _next < count)
            Fill(count);
        _next += count;
        return _buffer.AsSpan(_next - count, count);
    }

    private void Fill(int needed)
    {
        var (position, length) = (Position, (int)Math.Min(_buffer.Length, _end - Position));
        if (length < needed)
            throw Fault(_end < source.Length
                ? $"it is longer than {CheckpointLimits.MaxPickleBytes} bytes"
                : $"it ends at byte {_end} without STOP; the file is cut short or not a checkpoint");
        source.Read(position, _buffer.AsSpan(0, length));
        (_bufferStart, _bufferLength, _next) = (position, length, 0);
    }
}
