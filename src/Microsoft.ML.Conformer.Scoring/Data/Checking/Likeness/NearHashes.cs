using System.Numerics;

namespace Microsoft.ML.Conformer.Data.Checking.Likeness;

/// <summary>
/// Finds hashes that differ in few bits without comparing all of them: of two that differ in d bits, cut into d + 1 bands each, at least
/// one band is the same, so that only those are compared that share a band.
/// </summary>
internal static class NearHashes
{
    private const int Bits = 64;

    /// <summary>Groups hashes: each is near another of its group, and near none of another group.</summary>
    /// <param name="hashes">Distinct hashes.</param>
    /// <param name="distance">Bits in which near ones differ at most.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>For each hash the place of the first one of its group.</returns>
    public static int[] Group(ulong[] hashes, int distance, CancellationToken cancellation)
    {
        var first = Enumerable.Range(0, hashes.Length).ToArray();
        var (bands, keys, places) = (distance + 1, new ulong[hashes.Length], new int[hashes.Length]);
        for (var band = 0; band < bands && distance > 0; band++)
        {
            var (start, end) = (Bits * band / bands, Bits * (band + 1) / bands);
            for (var i = 0; i < hashes.Length; i++)
                (keys[i], places[i]) = (hashes[i] << (Bits - end) >> (Bits - end + start), i);
            Array.Sort(keys, places);
            for (int i = 0, next; i < keys.Length; i = next)
            {
                cancellation.ThrowIfCancellationRequested();
                for (next = i + 1; next < keys.Length && keys[next] == keys[i]; next++)
                    ;
                JoinNear(places.AsSpan(i, next - i));
            }
        }
        return [.. first.Select((_, i) => Root(i))];

        void JoinNear(ReadOnlySpan<int> sharing)
        {
            for (var i = 0; i < sharing.Length; i++, cancellation.ThrowIfCancellationRequested())
                for (var j = i + 1; j < sharing.Length; j++)
                    if (BitOperations.PopCount(hashes[sharing[i]] ^ hashes[sharing[j]]) <= distance)
                        Join(Root(sharing[i]), Root(sharing[j]));
        }

        void Join(int one, int other) => first[Math.Max(one, other)] = Math.Min(one, other);

        int Root(int place)
        {
            while (first[place] != place)
                place = first[place] = first[first[place]];
            return place;
        }
    }
}
