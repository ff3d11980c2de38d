namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>What a detector's losses are computed of. The defaults are mmdetection's.</summary>
internal sealed record LossRules
{
    /// <summary>Which proposals regions are trained with.</summary>
    public required DetectionRules Proposals { get; init; }

    /// <summary>Which objects anchors are to find.</summary>
    public required Matcher Anchors { get; init; }

    /// <summary>How many anchors of an image count; null where all do.</summary>
    public RegionSampler? AnchorSampler { get; init; }

    /// <summary>How many regions of an image count.</summary>
    public RegionSampler RegionSampler { get; init; } = new(512, 0.25);

    /// <summary>How far, in pixels, an anchor may leave its image; null (default): as far as it does.</summary>
    public int? AnchorBorder { get; init; }

    /// <summary>Differences of anchors' corrections below it count less; 0 (default): none do.</summary>
    public double AnchorBeta { get; init; }

    public static LossRules Of(DetectionHead head)
    {
        var proposals = new DetectionRules { CandidatesPerLevel = 2000 };
        if (head == DetectionHead.RetinaNet)
            return new LossRules { Proposals = proposals, Anchors = new Matcher(0.5f, 0.4f, Least: 0) };
        var rules = new LossRules
        {
            Proposals = proposals,
            Anchors = new Matcher(0.7f, 0.3f, Least: 0.3f),
            AnchorSampler = new RegionSampler(256, 0.5),
        };
        return head == DetectionHead.CascadeMaskRcnn
            ? rules with { Proposals = proposals with { Proposals = 2000 }, AnchorBorder = 0, AnchorBeta = 1.0 / 9 }
            : rules;
    }

    /// <summary>Which objects regions are to find; Mask R-CNN has those too that no region finds well.</summary>
    public static Matcher Regions(DetectionHead head, RegionStage stage)
    {
        var overlap = (float)stage.PositiveOverlap;
        return new Matcher(overlap, overlap, head == DetectionHead.MaskRcnn ? overlap : null);
    }
}
