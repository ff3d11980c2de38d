namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>Random damage to bytes, all of which follows from a seed.</summary>
internal static class Mutation
{
    private const int MostChanges = 4, LongestRun = 64;

    /// <summary>A copy with a few bits flipped, or a range overwritten, cut, repeated, inserted or swapped with another.</summary>
    /// <param name="bytes">The bytes; not changed.</param>
    /// <param name="random">What is drawn comes from it.</param>
    /// <param name="place">Draws a place in so many bytes.</param>
    public static byte[] Of(ReadOnlySpan<byte> bytes, Random random, Func<Random, int, int> place)
    {
        var changed = bytes.ToArray();
        var kind = random.Next(7);
        for (var changes = random.Next(1, MostChanges + 1); changes > 0 && changed.Length > 0; changes--)
        {
            var at = place(random, changed.Length);
            var length = Math.Min(random.Next(1, LongestRun + 1), changed.Length - at);
            switch (kind)
            {
                case 0:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    random.NextBytes(changed.AsSpan(at, length));
                    break;
                case 2:
                    changed.AsSpan(at, length).Fill((byte)(random.Next(2) * 0xFF));
                    break;
                case 3:
                    changed = [.. changed[..at], .. changed[(at + length)..]];
                    break;
                case 4:
                    changed = [.. changed[..at], .. changed.AsSpan(at, length), .. changed[at..]];
                    break;
                case 5:
                    var inserted = new byte[length];
                    random.NextBytes(inserted);
                    changed = [.. changed[..at], .. inserted, .. changed[at..]];
                    break;
                default:
                    var other = random.Next(changed.Length - length + 1);
                    byte[] first = [.. changed.AsSpan(at, length)], second = [.. changed.AsSpan(other, length)];
                    second.CopyTo(changed, at);
                    first.CopyTo(changed, other);
                    break;
            }
        }
        return changed;
    }
}
