using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>One change of a file's bytes; the place is a fraction of the length in millionths, so that it fits any file.</summary>
internal sealed record FileMutation(FileMutation.Kind Change, int Place, int Value)
{
    private const int Places = 1_000_000;

    /// <summary>Numbers that lengths, counts and offsets go wrong at.</summary>
    private static readonly long[] _numbers =
        [0, 1, -1, 2, 255, 256, 65_535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 40, 1L << 60, -8];

    public enum Kind
    {
        SetByte, FlipBit, Insert, Delete, Truncate, Repeat, SetInt32, SetInt64, Swap,
    }

    public static Gen<FileMutation> Generator { get; } =
        from change in Gen.Choose(0, Enum.GetValues<Kind>().Length - 1)
        from place in Gen.Choose(0, Places - 1)
        from value in Gen.Choose(0, 255)
        select new FileMutation((Kind)change, place, value);

    public byte[] Apply(byte[] bytes)
    {
        if (bytes.Length == 0)
            return [(byte)Value];
        var at = (int)((long)bytes.Length * Place / Places);
        var length = Math.Min(1 + Value % 16, bytes.Length - at);
        var changed = (byte[])bytes.Clone();
        switch (Change)
        {
            case Kind.SetByte:
                changed[at] = (byte)Value;
                return changed;
            case Kind.FlipBit:
                changed[at] ^= (byte)(1 << (Value % 8));
                return changed;
            case Kind.Insert:
                return [.. bytes[..at], (byte)Value, .. bytes[at..]];
            case Kind.Delete:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case Kind.Truncate:
                return bytes[..at];
            case Kind.Repeat:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case Kind.Swap:
                var other = (at + 17 * Value) % bytes.Length;
                (changed[at], changed[other]) = (changed[other], changed[at]);
                return changed;
            default:
                var number = BitConverter.GetBytes(_numbers[Value % _numbers.Length]).AsSpan(0, Change == Kind.SetInt32 ? 4 : 8);
                number[..Math.Min(number.Length, bytes.Length - at)].CopyTo(changed.AsSpan(at));
                return changed;
        }
    }
}
