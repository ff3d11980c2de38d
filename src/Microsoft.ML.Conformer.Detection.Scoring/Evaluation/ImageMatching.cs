namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>What became of a detection, for each range of areas and each threshold of IoU: a bit for each pair.</summary>
/// <param name="Score">The detection's score.</param>
/// <param name="Rank">Its place among those of its class in its image, from 0.</param>
/// <param name="Matched">Where it found an object.</param>
/// <param name="Ignored">Where it does not count, right or wrong.</param>
internal readonly record struct DetectionOutcome(double Score, int Rank, ulong Matched, ulong Ignored)
{
    public static int Bit(int area, int threshold) => area * CocoSettings.Thresholds.Count + threshold;
}

/// <summary>Gives the objects of a class in one image to detections, the one of the highest score first (cocoeval's evaluateImg).</summary>
internal static class ImageMatching
{
    /// <summary>The IoU of 1 is a little less there, so that rounding does not make it unreachable.</summary>
    private const double MostThreshold = 1 - 1e-10;

    /// <param name="objects">Of one class, in an image.</param>
    /// <param name="detections">Of this class, in this image.</param>
    /// <param name="useMasks">Whether masks overlap, or boxes.</param>
    /// <param name="outcomes">What the detections are added to, by falling score.</param>
    public static void Match(
        IReadOnlyList<TrueObject> objects, IReadOnlyList<FoundObject> detections, bool useMasks, List<DetectionOutcome> outcomes)
    {
        var found = detections.OrderByDescending(detection => detection.Score).Take(CocoSettings.MaxDetections).ToArray();
        var overlaps = Overlaps(found, objects, useMasks);

        var (matched, ignored) = (new ulong[found.Length], new ulong[found.Length]);
        for (var area = 0; area < CocoSettings.Areas.Count; area++)
        {
            // Objects that do not count come last: they are given only to detections that fit no other.
            var order = Enumerable.Range(0, objects.Count).OrderBy(o => IsIgnored(objects[o], area)).ToArray();
            var firstIgnored = order.Count(o => !IsIgnored(objects[o], area));
            for (var threshold = 0; threshold < CocoSettings.Thresholds.Count; threshold++)
            {
                var bit = 1UL << DetectionOutcome.Bit(area, threshold);
                foreach (var (d, place) in Places(overlaps, objects, order, firstIgnored, CocoSettings.Thresholds[threshold]).Index())
                {
                    if (place >= 0)
                        matched[d] |= bit;
                    if (place >= 0 ? place >= firstIgnored : IsOutside(AreaOf(found[d], useMasks), area))
                        ignored[d] |= bit;
                }
            }
        }
        for (var d = 0; d < found.Length; d++)
            outcomes.Add(new DetectionOutcome(found[d].Score, d, matched[d], ignored[d]));
    }

    /// <summary>Which object each detection finds at a threshold, whatever areas they have; -1 where it finds none.</summary>
    /// <param name="objects">Of one class, in an image.</param>
    /// <param name="found">The detections of this class, by falling score.</param>
    /// <param name="threshold">The threshold of IoU.</param>
    /// <param name="useMasks">Whether masks overlap, or boxes.</param>
    public static int[] Match(IReadOnlyList<TrueObject> objects, FoundObject[] found, double threshold, bool useMasks)
    {
        var order = Enumerable.Range(0, objects.Count).OrderBy(o => objects[o].IsCrowd).ToArray();
        return [.. Places(Overlaps(found, objects, useMasks), objects, order, objects.Count(one => !one.IsCrowd), threshold)
            .Select(place => place < 0 ? -1 : order[place])];
    }

    /// <summary>Whether an object does not count in a range of areas.</summary>
    public static bool IsIgnored(TrueObject one, int area) => one.IsCrowd || IsOutside(one.Area, area);

    /// <summary>The place in the order of the object that each detection is given, the one of the highest score first; -1 for none.</summary>
    private static int[] Places(
        double[,] overlaps, IReadOnlyList<TrueObject> objects, int[] order, int firstIgnored, double threshold)
    {
        var (places, isTaken) = (new int[overlaps.GetLength(0)], new bool[objects.Count]);
        for (var d = 0; d < places.Length; d++)
        {
            places[d] = Best(d, order, firstIgnored, overlaps, objects, isTaken, threshold);
            if (places[d] >= 0)
                isTaken[order[places[d]]] = true;
        }
        return places;
    }

    private static double[,] Overlaps(FoundObject[] found, IReadOnlyList<TrueObject> objects, bool useMasks)
    {
        var overlaps = new double[found.Length, objects.Count];
        for (var d = 0; d < found.Length; d++)
            for (var o = 0; o < objects.Count; o++)
                overlaps[d, o] = Overlap(found[d], objects[o], useMasks);
        return overlaps;
    }

    /// <summary>The place in the order of the object that overlaps the most, the last one of equals; -1 where none does enough.</summary>
    private static int Best(
        int detection, int[] order, int firstIgnored, double[,] overlaps, IReadOnlyList<TrueObject> objects, bool[] isTaken,
        double threshold)
    {
        var (best, most) = (-1, Math.Min(threshold, MostThreshold));
        for (var place = 0; place < order.Length; place++)
        {
            var o = order[place];
            if (isTaken[o] && !objects[o].IsCrowd)
                continue;
            if (best >= 0 && best < firstIgnored && place >= firstIgnored)
                break;
            if (overlaps[detection, o] < most)
                continue;
            (best, most) = (place, overlaps[detection, o]);
        }
        return best;
    }

    private static bool IsOutside(double value, int area) =>
        value < CocoSettings.Areas[area].Least || value > CocoSettings.Areas[area].Most;

    private static double AreaOf(FoundObject found, bool useMasks) => useMasks ? found.Mask!.Area : found.Box.Width * found.Box.Height;

    private static double Overlap(FoundObject found, TrueObject one, bool useMasks)
    {
        if (useMasks)
            return found.Mask!.IntersectionOverUnion(one.Mask!, one.IsCrowd);
        if (!one.IsCrowd)
            return found.Box.IntersectionOverUnion(one.Box);
        var (box, crowd) = (found.Box, one.Box);
        var width = Math.Min(box.Left + box.Width, crowd.Left + crowd.Width) - Math.Max(box.Left, crowd.Left);
        var height = Math.Min(box.Top + box.Height, crowd.Top + crowd.Height) - Math.Max(box.Top, crowd.Top);
        return width > 0 && height > 0 ? width * height / (box.Width * box.Height) : 0;
    }
}
