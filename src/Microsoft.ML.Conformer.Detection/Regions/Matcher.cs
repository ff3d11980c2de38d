namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>Says which object, if any, a candidate box is to find: mmdetection's MaxIoUAssigner.</summary>
/// <param name="Positive">The IoU from which on a candidate finds the object that it overlaps the most.</param>
/// <param name="Negative">The IoU below which it finds none.</param>
/// <param name="Least">
/// The IoU from which on an object is found by the candidates that overlap it the most, even where they overlap it less than
/// <paramref name="Positive"/>, or another one more; null for never.
/// </param>
internal sealed record Matcher(float Positive, float Negative, float? Least)
{
    /// <summary>No object; or neither one nor none, so that the candidate is left out.</summary>
    public const int Background = -1, Between = -2;

    /// <summary>For each candidate the object that it is to find.</summary>
    public int[] Match(IReadOnlyList<Box> candidates, IReadOnlyList<Box> objects) => Match(candidates.Count, objects.Count, (item, row) =>
    {
        var box = objects[item];
        for (var candidate = 0; candidate < row.Length; candidate++)
            row[candidate] = BoxOverlap.IoU(box, candidates[candidate]);
    });

    /// <summary>The same from overlaps.</summary>
    /// <param name="candidates">Number of candidates.</param>
    /// <param name="objects">Number of objects.</param>
    /// <param name="fill">Fills a row with an object's IoU with each candidate.</param>
    public int[] Match(int candidates, int objects, Action<int, float[]> fill)
    {
        var (matches, best, row) = (new int[candidates], new float[candidates], new float[candidates]);
        Array.Fill(matches, Background);
        if (objects == 0 || candidates == 0)
            return matches;
        var (closest, kept) = (new int[candidates], new List<(int Object, List<int> Candidates)>());
        Array.Fill(best, -1);
        for (var item = 0; item < objects; item++)
        {
            fill(item, row);
            var greatest = -1f;
            for (var candidate = 0; candidate < candidates; candidate++)
            {
                if (row[candidate] > best[candidate])
                    (best[candidate], closest[candidate]) = (row[candidate], item);
                greatest = Math.Max(greatest, row[candidate]);
            }
            if (greatest >= Least)
                kept.Add((item, [.. Enumerable.Range(0, candidates).Where(candidate => row[candidate] == greatest)]));
        }
        for (var candidate = 0; candidate < candidates; candidate++)
            matches[candidate] = best[candidate] >= Positive ? closest[candidate]
                : best[candidate] >= 0 && best[candidate] < Negative ? Background : Between;
        foreach (var (item, those) in kept)
            foreach (var candidate in those)
                matches[candidate] = item;
        return matches;
    }
}
