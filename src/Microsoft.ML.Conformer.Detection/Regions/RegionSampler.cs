
namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>Chooses at random which candidates a loss is computed of, so that objects are not lost among background.</summary>
/// <param name="Count">The most candidates of an image.</param>
/// <param name="PositiveShare">The share, 0-1, of them that may be of objects.</param>
internal sealed record RegionSampler(int Count, double PositiveShare)
{
    /// <summary>The chosen candidates: first those of objects, then the others, each in order.</summary>
    public (int[] Positives, int[] Negatives) Choose(IReadOnlyList<int> matches, ImageRandom random)
    {
        var positives = Some(matches, match => match >= 0, (int)(Count * PositiveShare), random);
        return (positives, Some(matches, match => match == Matcher.Background, Count - positives.Length, random));
    }

    private static int[] Some(IReadOnlyList<int> matches, Func<int, bool> isOne, int most, ImageRandom random)
    {
        int[] all = [.. Enumerable.Range(0, matches.Count).Where(candidate => isOne(matches[candidate]))];
        return all.Length <= most ? all : [.. random.NextPermutation(all.Length).Take(most).Select(place => all[place]).Order()];
    }
}
