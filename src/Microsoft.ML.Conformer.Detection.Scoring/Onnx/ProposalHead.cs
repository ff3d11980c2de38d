namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>Proposes regions where something may be (Ren et al., NeurIPS 2015).</summary>
internal sealed class ProposalHead(
    DetectorArchitecture architecture, DetectionRules rules, GraphBuilder graph, RequiredWeights weights, BoxOperators boxes)
{
    /// <summary>Name of the chosen regions' boxes, [R, 4], ordered by image and falling score.</summary>
    public const string Boxes = "proposals.boxes";

    /// <summary>Name of their scores, [R].</summary>
    public const string Scores = "proposals.scores";

    public Regions Add(IReadOnlyList<PyramidMap> maps, string limits)
    {
        const string name = "proposals";
        var (channels, anchors) = (architecture.PyramidChannels, architecture.AnchorsPerPlace);
        SharedConvolution Layer(string layer, int outputs, int kernel) =>
            new(graph, weights, $"rpn_head.{layer}", channels, outputs, kernel);
        var (shared, scores, corrections) = (
            Layer("rpn_conv", channels, kernel: 3), Layer("rpn_cls", anchors, kernel: 1), Layer("rpn_reg", 4 * anchors, kernel: 1));
        var candidates = new AnchorCandidates(architecture, rules, graph, boxes);
        foreach (var map in maps)
        {
            var x = shared.ReluOn(map.Name, $".{map.Name}");
            candidates.Take(map.Level, scores.On(x, $".{map.Name}"), corrections.On(x, $".{map.Name}"), valuesPerAnchor: 1);
        }
        var (all, values, levels) = candidates.Join(limits); // [N, n, 4], [N, n, 1], [n]

        // Levels are the groups within which boxes are suppressed: a box has a score in its own one only.
        var numbers = graph.Constant("level_numbers", [maps.Count, 1], (float[])[.. Enumerable.Range(0, maps.Count)]);
        var isOfLevel = graph.Add("Equal", $"{name}.is_of_level", [graph.ToFloat($"{name}.levels", levels), numbers]); // [levels, n]
        var grouped = graph.Add("Where", $"{name}.grouped", [
            isOfLevel, graph.Transpose($"{name}.values", values, 0, 2, 1), graph.Scalar("number_-1", -1),
        ]); // [N, levels, n]
        var kept = boxes.Suppress($"{name}.kept", all, grouped, rules.Proposals, rules.ProposalOverlap, leastScore: -0.5);
        var chosen = boxes.Choose(name, grouped, kept, rules.Proposals);
        graph.Add("GatherND", Boxes, [all, graph.Concat($"{name}.chosen", 1, chosen.Images, chosen.Boxes)]);
        return new Regions(Boxes, graph.Reshape($"{name}.images", chosen.Images, -1), chosen.Ranks, chosen.MostRanks);
    }
}

/// <summary>Names of the values that tell of R regions of images.</summary>
/// <param name="Boxes">[R, 4] in pixels.</param>
/// <param name="Images">int64 [R].</param>
/// <param name="Ranks">int64 [R, 2]: the image, and the place among its regions.</param>
/// <param name="MostRanks">As many regions as one image has at most, P, int64 [1].</param>
internal sealed record Regions(string Boxes, string Images, string Ranks, string MostRanks);
