namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>What a detection is.</summary>
internal enum Judgment
{
    Right, WrongPlace, WrongClass, Duplicate, WrongClassAndPlace, Background,

    /// <summary>It is in a crowd, and neither right nor wrong.</summary>
    Ignored,
}

/// <summary>An image whose detections are judged one by one (TIDE's kinds of mistakes).</summary>
/// <param name="Objects">What is in it, and whether no detection found it; crowds are never missed.</param>
/// <param name="Found">The detections that count, by falling score.</param>
internal sealed record JudgedImage(
    IReadOnlyList<(TrueObject Object, bool IsMissed)> Objects, IReadOnlyList<(FoundObject Object, Judgment Judgment)> Found)
{
    private const double Foreground = 0.5, Background = 0.1;

    /// <param name="objects">What is in the image.</param>
    /// <param name="detections">What was found.</param>
    /// <param name="leastScore">From which score on detections count.</param>
    public static JudgedImage Of(IReadOnlyList<TrueObject> objects, IReadOnlyList<FoundObject> detections, double leastScore)
    {
        var found = detections.Where(one => one.Score >= leastScore).OrderByDescending(one => one.Score).ToArray();
        var (judgments, isFound) = (new Judgment[found.Length], new bool[objects.Count]);
        foreach (var ofClass in Enumerable.Range(0, found.Length).GroupBy(d => found[d].ClassIndex))
        {
            int[] places = [.. Enumerable.Range(0, objects.Count).Where(o => objects[o].ClassIndex == ofClass.Key)];
            int[] own = [.. ofClass];
            var given = ImageMatching.Match([.. places.Select(o => objects[o])], [.. own.Select(d => found[d])], Foreground, useMasks: false);
            foreach (var (d, place) in own.Zip(given))
            {
                if (place >= 0)
                    isFound[places[place]] = true;
                judgments[d] = place < 0 ? JudgmentOf(found[d], objects)
                    : objects[places[place]].IsCrowd ? Judgment.Ignored : Judgment.Right;
            }
        }
        return new JudgedImage(
            [.. objects.Select((one, o) => (one, !isFound[o] && !one.IsCrowd))], [.. found.Select((one, d) => (one, judgments[d]))]);
    }

    /// <summary>The numbers, wrong detections counted by the class that they are said to be of.</summary>
    /// <param name="classIndex">The class that is counted.</param>
    public DetectionMistakes Count(int classIndex)
    {
        int Of(Judgment judgment) => Found.Count(one => one.Object.ClassIndex == classIndex && one.Judgment == judgment);
        return new DetectionMistakes(
            Of(Judgment.Right), Of(Judgment.WrongPlace), Of(Judgment.WrongClass), Of(Judgment.Duplicate), Of(Judgment.WrongClassAndPlace),
            Of(Judgment.Background), Objects.Count(one => one.IsMissed && one.Object.ClassIndex == classIndex));
    }

    /// <summary>Of a detection that was given no object, in TIDE's order.</summary>
    private static Judgment JudgmentOf(FoundObject found, IReadOnlyList<TrueObject> objects)
    {
        double Most(bool ofClass) => objects.Where(one => !one.IsCrowd && one.ClassIndex == found.ClassIndex == ofClass)
            .Select(one => one.Box.IntersectionOverUnion(found.Box)).DefaultIfEmpty().Max();
        var (own, other) = (Most(ofClass: true), Most(ofClass: false));
        return own is > Background and < Foreground ? Judgment.WrongPlace
            : other >= Foreground ? Judgment.WrongClass
            : own >= Foreground ? Judgment.Duplicate
            : other > Background ? Judgment.WrongClassAndPlace
            : Judgment.Background;
    }
}
