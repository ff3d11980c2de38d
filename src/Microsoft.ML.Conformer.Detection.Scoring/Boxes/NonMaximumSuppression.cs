namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>Leaves out boxes that overlap one with a higher score.</summary>
internal static class NonMaximumSuppression
{
    /// <summary>The boxes that are kept, by falling score; of equal scores the earlier comes first.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="scores">One for each box.</param>
    /// <param name="overlap">The IoU above which a box is left out.</param>
    public static List<int> Keep(IReadOnlyList<Box> boxes, IReadOnlyList<float> scores, float overlap)
    {
        var order = Ranking.Descending(scores);
        var kept = new List<int>();
        foreach (var candidate in order)
        {
            var box = boxes[candidate];
            var isKept = true;
            for (var i = 0; isKept && i < kept.Count; i++)
                isKept = !(Of(boxes[kept[i]], box) > overlap);
            if (isKept)
                kept.Add(candidate);
        }
        return kept;
    }

    /// <summary>The same among the boxes of each group, a class or a pyramid level; all that are kept by falling score.</summary>
    public static List<int> KeepByGroup(
        IReadOnlyList<Box> boxes, IReadOnlyList<float> scores, IReadOnlyList<int> groups, float overlap)
    {
        var kept = new List<int>();
        foreach (var group in Enumerable.Range(0, boxes.Count).GroupBy(box => groups[box]))
        {
            int[] members = [.. group];
            kept.AddRange(Keep([.. members.Select(box => boxes[box])], [.. members.Select(box => scores[box])], overlap)
                .Select(member => members[member]));
        }
        kept.Sort();
        return [.. Ranking.Descending([.. kept.Select(box => scores[box])]).Select(place => kept[place])];
    }

    /// <summary>The IoU as the operator computes it: two empty boxes give no number, which is above nothing.</summary>
    private static float Of(Box a, Box b)
    {
        var width = Math.Max(Math.Min(a.X1, b.X1) - Math.Max(a.X0, b.X0), 0);
        var height = Math.Max(Math.Min(a.Y1, b.Y1) - Math.Max(a.Y0, b.Y0), 0);
        var intersection = width * height;
        return intersection / (a.Area + b.Area - intersection);
    }
}
