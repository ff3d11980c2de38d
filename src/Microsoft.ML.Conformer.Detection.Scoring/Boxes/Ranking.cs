namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>Sorts scores, of which there are hundreds of thousands, without comparing objects.</summary>
internal static class Ranking
{
    /// <summary>The places of the highest scores, by falling score; of equal ones the earlier comes first; the last are not numbers.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="most">How many places are wanted; null (default) for all.</param>
    public static int[] Descending(ReadOnlySpan<float> scores, int? most = null)
    {
        var keys = new ulong[scores.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = ((ulong)~Ordered(scores[i]) << 32) | (uint)i;
        Array.Sort(keys);
        var places = new int[Math.Min(most ?? keys.Length, keys.Length)];
        for (var i = 0; i < places.Length; i++)
            places[i] = (int)(uint)keys[i];
        return places;
    }

    /// <summary>A number that rises with the score.</summary>
    private static uint Ordered(float score)
    {
        if (float.IsNaN(score))
            return 0;
        var bits = BitConverter.SingleToUInt32Bits(score == 0 ? 0 : score); // one zero alone
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }
}
