using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>What a JPEG's scans hold.</summary>
internal enum JpegState
{
    /// <summary>All pixels, or a kind of JPEG that is not looked into: the decoder decides.</summary>
    Complete,

    /// <summary>All pixels, but not the marker behind them; a progressive JPEG may lack the last refinement of some.</summary>
    LacksEnd,

    /// <summary>The file ends before the last pixel.</summary>
    Truncated,

    /// <summary>A code that is none, or a scan that ends before its last pixel.</summary>
    Damaged,
}

/// <summary>
/// Follows a JPEG's Huffman codes (ITU-T T.81) to see whether its pixels are all there. Decoders make gray of what is missing and noise of
/// what is damaged, without an error. Nothing is decoded; of progressive JPEGs the refinements of AC coefficients are not followed.
/// </summary>
internal ref struct JpegScans
{
    private const byte Soi = 0xD8, Eoi = 0xD9, Sos = 0xDA, Dht = 0xC4, Dri = 0xDD, FirstRestart = 0xD0, LastRestart = 0xD7;

    /// <summary>The decoder refuses more, each of which may be made to take long.</summary>
    private const int MaxScans = 100;

    /// <summary>A color profile has 255 at most.</summary>
    private const int MaxSegments = 2000;

    private const byte Baseline = 0xC0, Extended = 0xC1, Progressive = 0xC2;

    private readonly ReadOnlySpan<byte> _file;
    private readonly HuffmanTable?[] _tables = new HuffmanTable?[8];
    private Component[] _components = [];
    private int _width, _height, _restartInterval, _position;
    private bool _isProgressive;

    private JpegScans(ReadOnlySpan<byte> file) => _file = file;

    /// <summary>Whether a JPEG has far more segments before its first scan than cameras and programs write.</summary>
    public static bool HasTooManySegments(ReadOnlySpan<byte> file)
    {
        if (file is not [0xFF, Soi, ..])
            return false;
        var scans = new JpegScans(file) { _position = 2 };
        var count = 0;
        while (count <= MaxSegments && scans.NextMarker() is { } marker and not Sos and not Eoi)
        {
            count++;
            if (scans._position + 2 <= file.Length)
                scans._position += BinaryPrimitives.ReadUInt16BigEndian(file[scans._position..]);
        }
        return count > MaxSegments;
    }

    public static JpegState Check(ReadOnlySpan<byte> file) => new JpegScans(file).Check();

    private JpegState Check()
    {
        _position = 2;
        for (var scans = 0; ;)
        {
            var marker = NextMarker();
            if (marker == Eoi)
                return JpegState.Complete;
            if (marker is null)
                return scans > 0 && HasLastScan() ? JpegState.LacksEnd : JpegState.Truncated;
            if (marker is >= FirstRestart and <= LastRestart or Soi or 1)
                continue;
            if (_position + 2 > _file.Length)
                return JpegState.Truncated;
            var length = BinaryPrimitives.ReadUInt16BigEndian(_file[_position..]);
            if (length < 2 || _position + length > _file.Length)
                return JpegState.Truncated;
            var segment = _file.Slice(_position + 2, length - 2);
            _position += length;
            switch (marker)
            {
                case Baseline or Extended or Progressive when _components.Length > 0: // a second frame, which may claim another size
                    return JpegState.Damaged;
                case Baseline or Extended or Progressive:
                    _isProgressive = marker == Progressive;
                    if (!ReadFrame(segment))
                        return JpegState.Complete;
                    break;
                case Dht:
                    if (!ReadTables(segment))
                        return JpegState.Complete;
                    break;
                case Dri when segment.Length >= 2:
                    _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case Sos:
                    if (++scans > MaxScans)
                        return JpegState.Complete;
                    if (Follow(segment) is { } state)
                        return state;
                    break;
                case >= 0xC3 and <= 0xCF and not 0xC8 and not 0xCC: // lossless, hierarchical or arithmetic
                    return JpegState.Complete;
            }
        }
    }

    /// <summary>
    /// Goes behind the next marker and gives it; null at the file's end. Junk between segments is passed over, as libjpeg does.
    /// </summary>
    private byte? NextMarker()
    {
        while (_position < _file.Length)
        {
            var next = _file[_position..].IndexOf((byte)0xFF);
            if (next < 0)
                break;
            _position += next + 1;
            while (_position < _file.Length && _file[_position] == 0xFF)
                _position++;
            if (_position < _file.Length && _file[_position++] is not 0 and var marker)
                return marker;
        }
        _position = _file.Length;
        return null;
    }

    private bool ReadFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 6 || frame[0] != 8 || frame.Length < 6 + 3 * frame[5])
            return false;
        (_height, _width) = (BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), BinaryPrimitives.ReadUInt16BigEndian(frame[3..]));
        _components = new Component[frame[5]];
        for (var i = 0; i < _components.Length; i++)
            _components[i] = new Component(frame[6 + 3 * i], frame[7 + 3 * i] >> 4, frame[7 + 3 * i] & 15);
        return _width > 0 && _height > 0 && _components is { Length: > 0 and <= 4 }
            && _components.All(component => component is { Across: >= 1 and <= 4, Down: >= 1 and <= 4 });
    }

    private readonly bool ReadTables(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 0)
        {
            if (segment.Length < 17 || (segment[0] & 0x0F) > 3 || segment[0] >> 4 > 1)
                return false;
            var (count, taken) = (0, 0);
            for (var length = 1; length <= 16; length++)
                (count, taken) = (count + segment[length], taken + (segment[length] << (16 - length)));
            if (count > 256 || taken > 1 << 16 || segment.Length < 17 + count)
                return false;
            _tables[(segment[0] >> 4) * 4 + (segment[0] & 15)] = new HuffmanTable(segment[1..17], segment.Slice(17, count));
            segment = segment[(17 + count)..];
        }
        return true;
    }

    /// <summary>Whether all coefficients have had the scan that gives their last bit, so that at most refinements are missing.</summary>
    private readonly bool HasLastScan() => _components.All(component => component.HasLastScan);

    /// <summary>Follows a scan to its end; null where it is whole.</summary>
    private JpegState? Follow(ReadOnlySpan<byte> header)
    {
        if (_components.Length == 0 || header.Length < 1 || header[0] is 0 or > 4 || header.Length < 4 + 2 * header[0])
            return JpegState.Complete;
        var scan = new ScanComponent[header[0]];
        var (first, last, approximation) = (header[^3], header[^2], header[^1]);
        if (!_isProgressive)
            (first, last, approximation) = (0, 63, 0);
        for (var i = 0; i < scan.Length; i++)
        {
            var index = 0;
            while (index < _components.Length && _components[index].Id != header[1 + 2 * i])
                index++;
            if (index == _components.Length)
                return JpegState.Complete;
            scan[i] = new(_components[index], _tables[header[2 + 2 * i] >> 4 & 3], _tables[4 + (header[2 + 2 * i] & 3)]);
            if ((approximation & 15) == 0)
                _components[index].SetLastScan(first, last);
        }
        if (first > 0 && approximation >> 4 > 0)
            return null; // the next marker is behind it
        // Frames of webcams have no tables, and mean those that T.81 gives as examples.
        if (scan.Any(one => first == 0 && approximation >> 4 == 0 && one.Dc is null || last > 0 && one.Ac is null))
            return JpegState.Complete;
        return Follow(scan, first, last, isRefinement: approximation >> 4 > 0);
    }

    /// <param name="scan">Has the tables that are needed.</param>
    /// <param name="first">The first coefficient of the scan.</param>
    /// <param name="last">The last one.</param>
    /// <param name="isRefinement">Whether a bit is added to what there is.</param>
    private JpegState? Follow(ScanComponent[] scan, int first, int last, bool isRefinement)
    {
        var (widest, highest) = (_components.Max(component => component.Across), _components.Max(component => component.Down));
        var (across, down) = (DivideUp(_width, 8 * widest), DivideUp(_height, 8 * highest));
        if (scan.Length == 1)
        {
            // A component alone has no blocks that only fill up a unit of several components.
            var (alone, _, _) = scan[0];
            (across, down) = (DivideUp(DivideUp(_width * alone.Across, widest), 8), DivideUp(DivideUp(_height * alone.Down, highest), 8));
        }
        var bits = new JpegBits(_file[_position..]);
        var (endOfBand, units) = (0, across * (long)down);
        for (var unit = 0L; unit < units; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0)
            {
                if (!bits.Restart())
                    return bits.IsAtEnd ? JpegState.Truncated : JpegState.Damaged;
                endOfBand = 0;
            }
            foreach (var (component, dc, ac) in scan)
                for (var block = scan.Length == 1 ? 1 : component.Across * component.Down; block > 0; block--)
                    if (!SkipBlock(ref bits, dc!, ac!, first, last, isRefinement, ref endOfBand))
                        return JpegState.Damaged;
            if (bits.HasOverrun)
                return bits.IsAtEnd ? JpegState.Truncated : JpegState.Damaged;
        }
        _position += bits.Position;
        return null;
    }

    private static bool SkipBlock(
        ref JpegBits bits, HuffmanTable dc, HuffmanTable ac, int first, int last, bool isRefinement, ref int endOfBand)
    {
        var k = first;
        if (k == 0)
        {
            bits.Fill();
            if (isRefinement)
                bits.Skip(1);
            else if (dc.Find(bits.Next) is not ((>= 0 and <= 15) and var size, var length))
                return false;
            else
                bits.Skip(length + size);
            k = 1;
        }
        if (last == 0)
            return true;
        if (endOfBand > 0)
        {
            endOfBand--;
            return true;
        }
        while (k <= last)
        {
            bits.Fill();
            var (symbol, length) = ac.Find(bits.Next);
            if (symbol < 0)
                return false;
            var (run, size) = (symbol >> 4, symbol & 15);
            if (size == 0 && run < 15)
            {
                bits.Skip(length);
                if (run > 0 && first == 0)
                    return false; // no other than progressive scans have runs of empty blocks
                endOfBand = (1 << run) - 1 + (int)(bits.Next >> (16 - run));
                bits.Skip(run);
                return true;
            }
            k += run + 1;
            bits.Skip(length + size);
        }
        return k == last + 1;
    }

    private static int DivideUp(int number, int by) => (number + by - 1) / by;

    private struct Component(byte id, int across, int down)
    {
        private ulong _last;

        public readonly byte Id => id;

        public readonly int Across => across;

        public readonly int Down => down;

        public readonly bool HasLastScan => _last == ulong.MaxValue;

        public void SetLastScan(int first, int last) =>
            _last |= (ulong.MaxValue >> (63 - Math.Clamp(last, 0, 63))) & (ulong.MaxValue << first);
    }

    private readonly record struct ScanComponent(Component Component, HuffmanTable? Dc, HuffmanTable? Ac);
}
