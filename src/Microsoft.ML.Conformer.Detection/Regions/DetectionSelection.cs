using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>An object that was found.</summary>
/// <param name="Box">In pixels of the image that the network saw.</param>
/// <param name="Label">The class, from 0.</param>
/// <param name="Score">0-1.</param>
internal readonly record struct Detection(Box Box, int Label, float Score);

/// <summary>Chooses an image's detections among boxes that are judged for every class.</summary>
internal static class DetectionSelection
{
    /// <summary>The best boxes of all classes, without those that overlap better ones of their class; by falling score.</summary>
    /// <param name="count">Number of boxes.</param>
    /// <param name="classes">C.</param>
    /// <param name="scoreOf">A box's score for a class.</param>
    /// <param name="boxOf">The box for a class.</param>
    /// <param name="rules">What is kept.</param>
    public static List<Detection> Of(int count, int classes, Func<int, int, float> scoreOf, Func<int, int, Box> boxOf, DetectionRules rules)
    {
        var (boxes, scores, labels) = (new List<Box>(), new List<float>(), new List<int>());
        for (var box = 0; box < count; box++)
            for (var label = 0; label < classes; label++)
                if (scoreOf(box, label) is var score && score > (float)rules.LeastScore)
                {
                    boxes.Add(boxOf(box, label));
                    scores.Add(score);
                    labels.Add(label);
                }
        return [.. NonMaximumSuppression.Keep(
                CollectionsMarshal.AsSpan(boxes), CollectionsMarshal.AsSpan(scores), CollectionsMarshal.AsSpan(labels),
                (float)rules.Overlap, rules.MostDetections)
            .Select(kept => new Detection(boxes[kept], labels[kept], scores[kept]))];
    }

    /// <summary>RetinaNet's: on each level the anchors that are best for any class.</summary>
    public static List<Detection> OfAnchors(IReadOnlyList<AnchorCandidates> levels, ImageSize image, DetectionRules rules)
    {
        var classes = levels[0].Classes;
        var chosen = new List<(AnchorCandidates Level, int Anchor, Box Box)>();
        foreach (var level in levels)
        {
            var best = new float[level.Anchors.Length];
            for (var anchor = 0; anchor < best.Length; anchor++)
                best[anchor] = TensorPrimitives.Max<float>(level.Logits.AsSpan(anchor * classes, classes));
            int[] anchors = best.Length > rules.CandidatesPerLevel
                ? Ranking.Descending(best, rules.CandidatesPerLevel)
                : [.. Enumerable.Range(0, best.Length)];
            foreach (var anchor in anchors)
                chosen.Add((level, anchor,
                    BoxCodec.Plain.Decode(level.Anchors[anchor], level.Deltas.AsSpan(anchor * 4, 4)).ClippedTo(image)));
        }
        return Of(
            chosen.Count, classes,
            (box, label) => Logistic.Of(chosen[box].Level.Logits[(chosen[box].Anchor * classes) + label]),
            (box, _) => chosen[box].Box, rules);
    }
}
