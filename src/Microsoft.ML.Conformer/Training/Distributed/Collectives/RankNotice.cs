using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>What one rank tells another besides what they compute.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Run">The number of the run that it is about.</param>
/// <param name="Number">How many things the rank has begun that all do; of a failure the rank that failed.</param>
/// <param name="Text">What the rank does together with others, or why it failed.</param>
internal readonly record struct RankNotice(RankNoticeKind Kind, int Run, long Number = 0, string Text = "")
{
    private const int HeadLength = 1 + sizeof(int) + sizeof(long), MaxTextLength = 2000;

    public byte[] ToBytes()
    {
        var text = Encoding.UTF8.GetBytes(VisibleText.Cut(Text, MaxTextLength));
        var bytes = new byte[HeadLength + text.Length];
        bytes[0] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), Run);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1 + sizeof(int)), Number);
        text.CopyTo(bytes, HeadLength);
        return bytes;
    }

    public static RankNotice Parse(ReadOnlySpan<byte> bytes) => new(
        (RankNoticeKind)bytes[0], BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[(1 + sizeof(int))..]), Encoding.UTF8.GetString(bytes[HeadLength..]));
}

internal enum RankNoticeKind : byte
{
    /// <summary>All ranks are to stop.</summary>
    Stop,

    Failed,

    /// <summary>The rank was canceled, and comes to nothing more in this run.</summary>
    Canceled,

    /// <summary>Asks how far the other one is.</summary>
    Asked,

    Answer,

    /// <summary>The process ends, after as many runs.</summary>
    Ended,
}
