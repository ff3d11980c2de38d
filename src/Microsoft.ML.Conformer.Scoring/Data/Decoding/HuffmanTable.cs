namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>A JPEG's Huffman table (ITU-T T.81, annex C): codes of 1-16 bits, found by the bits that follow.</summary>
internal sealed class HuffmanTable
{
    private const int MaxLength = 16, QuickBits = 10;

    /// <summary>By the first bits: symbol and length; 0 where the code is longer, or there is none.</summary>
    private readonly short[] _quick = new short[1 << QuickBits];
    private readonly byte[] _symbols;

    /// <summary>By length: the first code that is too large for it, aligned to 16 bits, and what leads from a code to its symbol.</summary>
    private readonly uint[] _end = new uint[MaxLength + 1];
    private readonly int[] _offset = new int[MaxLength + 1];

    /// <param name="counts">How many codes have 1, 2 ... 16 bits.</param>
    /// <param name="symbols">Theirs, in the codes' order.</param>
    public HuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        for (int length = 1, code = 0, index = 0; length <= MaxLength; length++, code <<= 1)
        {
            _offset[length] = index - code;
            for (var i = 0; i < counts[length - 1]; i++, code++, index++)
            {
                var shift = QuickBits - length;
                for (var rest = 0; shift >= 0 && rest < 1 << shift; rest++)
                    if ((code << shift) + rest < _quick.Length)
                        _quick[(code << shift) + rest] = (short)(symbols[index] << 5 | length);
            }
            _end[length] = (uint)code << (MaxLength - length);
        }
    }

    /// <summary>The symbol of the code that 16 bits begin with, and its length; -1 and 16 where there is none.</summary>
    public (int Symbol, int Length) Find(uint bits)
    {
        if (_quick[bits >> (MaxLength - QuickBits)] is not 0 and var found)
            return ((found >> 5) & 0xFF, found & 31);
        for (var length = QuickBits + 1; length <= MaxLength; length++)
            if (bits < _end[length])
                return (int)(bits >> (MaxLength - length)) + _offset[length] is >= 0 and var index && index < _symbols.Length
                    ? (_symbols[index], length) : (-1, MaxLength);
        return (-1, MaxLength);
    }
}
