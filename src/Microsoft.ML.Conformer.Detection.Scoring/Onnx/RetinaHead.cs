namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>Classifies and corrects anchors at once (Lin et al., ICCV 2017).</summary>
internal sealed class RetinaHead(
    DetectorArchitecture architecture, DetectionRules rules, GraphBuilder graph, RequiredWeights weights, BoxOperators boxes)
{
    /// <summary>Scores of all classes, [N, C, n], and boxes, [N, n, 4].</summary>
    public (string Scores, string Boxes) Add(IReadOnlyList<PyramidMap> maps, string limits)
    {
        var (channels, anchors, classes) = (architecture.PyramidChannels, architecture.AnchorsPerPlace, architecture.NumClasses);
        SharedConvolution Layer(string name, int outputs) => new(graph, weights, $"bbox_head.{name}", channels, outputs, kernel: 3);
        List<SharedConvolution> Branch(string name) =>
        [
            .. Enumerable.Range(0, DetectorArchitecture.RetinaConvolutions).Select(index =>
                Layer($"{name}_convs.{index}.conv", channels)),
        ];
        var (classify, correct) = (Branch("cls"), Branch("reg"));
        var (scores, corrections) = (Layer("retina_cls", anchors * classes), Layer("retina_reg", anchors * 4));

        var candidates = new AnchorCandidates(architecture, rules, graph, boxes);
        foreach (var map in maps)
        {
            string Through(List<SharedConvolution> branch) =>
                branch.Aggregate(map.Name, (x, layer) => layer.ReluOn(x, $".{map.Name}"));
            candidates.Take(
                map.Level, scores.On(Through(classify), $".{map.Name}"), corrections.On(Through(correct), $".{map.Name}"), classes);
        }
        var (all, values, _) = candidates.Join(limits);
        return (graph.Transpose("candidates.by_class", values, 0, 2, 1), all);
    }
}
