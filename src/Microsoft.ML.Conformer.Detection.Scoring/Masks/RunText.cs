using System.Text;

namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>
/// COCO's compressed text of run lengths: five bits for each character from '0' on and a sixth that says whether more follow, and from
/// the fourth run on the difference from the run two before (maskApi's rleToString and rleFrString).
/// </summary>
internal static class RunText
{
    private const int Bits = 5, More = 1 << Bits, Sign = More >> 1, MaxCharacters = 7;

    private const char Zero = '0';

    public static string Write(ReadOnlySpan<int> counts)
    {
        var text = new StringBuilder(counts.Length * 2);
        for (var run = 0; run < counts.Length; run++)
        {
            var rest = run > 2 ? counts[run] - counts[run - 2] : counts[run];
            bool isLast;
            do
            {
                var bits = rest & (More - 1);
                rest >>= Bits;
                isLast = rest == ((bits & Sign) != 0 ? -1 : 0);
                text.Append((char)(Zero + (isLast ? bits : bits | More)));
            }
            while (!isLast);
        }
        return text.ToString();
    }

    /// <exception cref="InvalidDataException">It is no such text; the message says where.</exception>
    public static List<long> Read(string text)
    {
        var counts = new List<long>(text.Length / 2);
        for (var at = 0; at < text.Length;)
        {
            var (value, start) = (0L, at);
            for (var isLast = false; !isLast; at++)
            {
                if (at == text.Length)
                    throw new InvalidDataException("The run lengths end within a number.");
                var bits = text[at] - Zero;
                if (bits is < 0 or >= 2 * More)
                    throw new InvalidDataException(
                        $"The run lengths have the character '{VisibleText.Of(text[at].ToString())}' at {at}, which none can have.");
                if (at - start == MaxCharacters)
                    throw new InvalidDataException($"The run lengths have a number of more than {MaxCharacters} characters at {start}.");
                var shift = Bits * (at - start);
                value |= (long)(bits & (More - 1)) << shift;
                isLast = (bits & More) == 0;
                if (isLast && (bits & Sign) != 0)
                    value |= -1L << (shift + Bits);
            }
            counts.Add(counts.Count > 2 ? value + counts[^2] : value);
        }
        return counts;
    }
}
