using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>The bits of a JPEG's scan, up to the next marker; zeros behind it.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private ulong _bits;
    private int _count, _position;

    /// <summary>Whether more bits were asked for than there are.</summary>
    public readonly bool HasOverrun => _count < 0;

    /// <summary>Whether the data end here, without a marker.</summary>
    public readonly bool IsAtEnd => _position >= _data.Length - 1;

    /// <summary>The bytes that were looked at; a marker follows, or bytes that belong to none.</summary>
    public readonly int Position => _position - Math.Max(0, _count / 8);

    /// <summary>The next 16 bits.</summary>
    public readonly uint Next => (uint)(_bits >> 48);

    /// <summary>Passes over up to 31 bits, which must be ready.</summary>
    public void Skip(int count)
    {
        _bits <<= count;
        _count -= count;
    }

    /// <summary>Goes behind the restart marker that must be next, which begins a byte.</summary>
    public bool Restart()
    {
        while (_position + 1 < _data.Length && _data[_position] == 0xFF && _data[_position + 1] == 0xFF)
            _position++;
        if (_count is < 0 or >= 8 || _data[Math.Min(_position, _data.Length)..] is not [0xFF, >= 0xD0 and <= 0xD7, ..])
            return false;
        _position += 2;
        (_bits, _count) = (0, 0);
        return true;
    }

    /// <summary>Makes at least 32 bits ready where there are as many; a byte FF is followed by a zero that does not count.</summary>
    public void Fill()
    {
        if (_count > 32 || _count < 0)
            return;
        if (_position + 4 <= _data.Length)
        {
            var next = BinaryPrimitives.ReadUInt32BigEndian(_data[_position..]);
            if (!HasByteFF(next))
            {
                _bits |= (ulong)next << (32 - _count);
                _count += 32;
                _position += 4;
                return;
            }
        }
        for (; _count <= 56 && _position < _data.Length; _position++)
        {
            if (_data[_position] == 0xFF)
            {
                if (_position + 1 >= _data.Length || _data[_position + 1] != 0)
                    return;
                _position++;
                _bits |= 0xFFUL << (56 - _count);
            }
            else
                _bits |= (ulong)_data[_position] << (56 - _count);
            _count += 8;
        }
    }

    private static bool HasByteFF(uint word) => ((~word - 0x01010101u) & word & 0x80808080u) != 0;
}
