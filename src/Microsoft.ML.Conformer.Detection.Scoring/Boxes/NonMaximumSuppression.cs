namespace Microsoft.ML.Conformer.Detection.Boxes;

/// <summary>
/// Greedy non-maximum suppression: a box is dropped where its IoU with one of a higher score that was kept is above the threshold. Of equal
/// scores the first comes first; empty boxes neither drop others nor are dropped.
/// </summary>
internal static class NonMaximumSuppression
{
    /// <summary>Boxes of all classes drop each other.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="scores">Their scores; a box whose score is not a number is not kept.</param>
    /// <param name="threshold">The highest IoU of boxes that are both kept, 0-1.</param>
    /// <param name="most">The most boxes that are kept.</param>
    /// <returns>Indices of the boxes that are kept, by falling score.</returns>
    public static IReadOnlyList<int> Keep(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, float threshold, int most = int.MaxValue) =>
        Keep(boxes, scores, [], threshold, most);

    /// <summary>Boxes drop each other within a class alone.</summary>
    /// <param name="labels">The boxes' classes.</param>
    /// <inheritdoc cref="Keep(ReadOnlySpan{Box}, ReadOnlySpan{float}, float, int)"/>
    /// <param name="boxes"/>
    /// <param name="scores"/>
    /// <param name="threshold"/>
    /// <param name="most"/>
    public static IReadOnlyList<int> Keep(
        ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> labels, float threshold, int most = int.MaxValue)
    {
        var areas = new float[boxes.Length];
        for (var i = 0; i < areas.Length; i++)
            areas[i] = boxes[i].Area;
        var kept = new List<int>();
        var ofLabel = new Dictionary<int, List<int>>();
        foreach (var index in Ranking.Descending(scores))
        {
            if (kept.Count >= most)
                break;
            if (float.IsNaN(scores[index]))
                continue;
            var label = labels.IsEmpty ? 0 : labels[index];
            if (!ofLabel.TryGetValue(label, out var rivals))
                ofLabel[label] = rivals = [];
            var isDropped = false;
            foreach (var rival in rivals)
            {
                var intersection = BoxOverlap.Intersection(boxes[rival], boxes[index]);
                // Of two empty boxes this is no number, and not above.
                if (intersection / (areas[rival] + areas[index] - intersection) > threshold)
                {
                    isDropped = true;
                    break;
                }
            }
            if (isDropped)
                continue;
            rivals.Add(index);
            kept.Add(index);
        }
        return kept;
    }
}
