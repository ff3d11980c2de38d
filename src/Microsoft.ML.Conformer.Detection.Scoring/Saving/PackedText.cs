using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>
/// Bytes as pieces of text, 15 bits in each letter: a table of ML.NET's holds text once, whoever reads it, while it copies numbers for each
/// row. The letters are U+4000 to U+BFFF, none of which is half of another.
/// </summary>
internal static class PackedText
{
    /// <summary>The most pieces, which is enough for the 2 GB that an ONNX file may have.</summary>
    public const int MostPieces = 1100;

    private const int BytesOfPiece = 15 << 17, Bits = 15;

    private const char First = '\u4000';

    public static IEnumerable<string> Write(byte[] bytes)
    {
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        yield return Piece(length);
        for (var start = 0L; start < bytes.Length; start += BytesOfPiece)
            yield return Piece(bytes.AsSpan((int)start, (int)Math.Min(BytesOfPiece, bytes.Length - start)));
    }

    /// <summary>Whether a text is the first piece of such.</summary>
    public static bool IsOne(ReadOnlyMemory<char> first) =>
        first.Length == LettersFor(sizeof(long)) && !first.Span.ContainsAnyExceptInRange(First, (char)(First + 0x7FFF));

    /// <exception cref="FormatException">It is no such text, or pieces are missing.</exception>
    public static byte[] Read(IReadOnlyList<ReadOnlyMemory<char>> pieces)
    {
        var header = new byte[sizeof(long)];
        Read(pieces.Count > 0 ? pieces[0].Span : default, header);
        var length = BinaryPrimitives.ReadInt64LittleEndian(header);
        var needed = (length + BytesOfPiece - 1) / BytesOfPiece;
        if (length < 0 || length > Array.MaxLength || needed >= pieces.Count)
            throw new FormatException("Pieces of it are missing.");
        // Before so much memory is taken, the pieces must be there.
        for (var piece = 1; piece <= needed; piece++)
            if (pieces[piece].Length != LettersFor(Math.Min(BytesOfPiece, length - (piece - 1L) * BytesOfPiece)))
                throw new FormatException("Pieces of it are missing.");
        var bytes = new byte[length];
        for (var piece = 1; piece <= needed; piece++)
        {
            var start = (piece - 1) * (long)BytesOfPiece;
            Read(pieces[piece].Span, bytes.AsSpan((int)start, (int)Math.Min(BytesOfPiece, length - start)));
        }
        return bytes;
    }

    private static int LettersFor(long bytes) => (int)((bytes * 8 + Bits - 1) / Bits);

    private static string Piece(ReadOnlySpan<byte> bytes)
    {
        var letters = new char[LettersFor(bytes.Length)];
        var (held, count, at) = (0u, 0, 0);
        foreach (var value in bytes)
        {
            (held, count) = (held << 8 | value, count + 8);
            if (count < Bits)
                continue;
            count -= Bits;
            letters[at++] = (char)(First + (held >> count & 0x7FFF));
        }
        if (count > 0)
            letters[at] = (char)(First + (held << (Bits - count) & 0x7FFF));
        return new string(letters);
    }

    private static void Read(ReadOnlySpan<char> letters, Span<byte> bytes)
    {
        if (letters.Length != LettersFor(bytes.Length))
            throw new FormatException("A piece of it is too short or too long.");
        var (held, count, at) = (0u, 0, 0);
        foreach (var letter in letters)
        {
            if (letter < First || letter > First + 0x7FFF)
                throw new FormatException($"It has a letter, {(int)letter:X4}, that stands for nothing.");
            (held, count) = (held << Bits | (uint)(letter - First), count + Bits);
            for (; count >= 8 && at < bytes.Length; count -= 8)
                bytes[at++] = (byte)(held >> (count - 8));
        }
    }
}
