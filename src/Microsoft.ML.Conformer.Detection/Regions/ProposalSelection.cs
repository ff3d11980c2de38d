using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>The regions of an image that a proposal network thinks an object is in.</summary>
/// <param name="Boxes">By falling score.</param>
/// <param name="Scores">0-1.</param>
internal sealed record ProposalSelection(IReadOnlyList<Box> Boxes, IReadOnlyList<float> Scores)
{
    /// <summary>On each level the best anchors, corrected and without those that overlap better ones; of these the best.</summary>
    public static ProposalSelection Of(IReadOnlyList<AnchorCandidates> levels, ImageSize image, DetectionRules rules)
    {
        var (boxes, scores, ofLevel) = (new List<Box>(), new List<float>(), new List<int>());
        foreach (var (level, candidates) in levels.Index())
            foreach (var anchor in Ranking.Descending(candidates.Logits, rules.CandidatesPerLevel))
            {
                boxes.Add(BoxCodec.Plain.Decode(candidates.Anchors[anchor], candidates.Deltas.AsSpan(anchor * 4, 4)).ClippedTo(image));
                scores.Add(Logistic.Of(candidates.Logits[anchor]));
                ofLevel.Add(level);
            }
        var kept = NonMaximumSuppression.Keep(
            CollectionsMarshal.AsSpan(boxes), CollectionsMarshal.AsSpan(scores), CollectionsMarshal.AsSpan(ofLevel),
            (float)rules.ProposalOverlap, rules.Proposals);
        return new ProposalSelection([.. kept.Select(box => boxes[box])], [.. kept.Select(box => scores[box])]);
    }
}
