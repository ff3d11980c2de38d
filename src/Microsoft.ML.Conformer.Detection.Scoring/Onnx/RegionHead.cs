namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>Classifies regions and corrects their boxes, in a cascade several times.</summary>
internal sealed class RegionHead(
    DetectorArchitecture architecture, GraphBuilder graph, RequiredWeights weights, BoxOperators boxes, RegionFeatures features)
{
    private readonly LayerBuilder _layers = new(graph, weights);

    /// <summary>Name of the logits of a stage for all regions, [R, C + 1].</summary>
    public static string Logits(RegionStage stage) => $"regions.{stage.Prefix}logits";

    /// <summary>Name of the corrections that a stage gives, [R, 4 C], or in a cascade [R, 4].</summary>
    public static string Corrections(RegionStage stage) => $"regions.{stage.Prefix}corrections";

    /// <summary>Name of the boxes that a stage of a cascade corrects, [R, 4].</summary>
    public static string BoxesOf(RegionStage stage) => $"regions.{stage.Prefix}boxes";

    /// <summary>
    /// Scores of all classes, [N, C, P], -1 where an image has less regions than another one, and boxes: in a cascade [N, P, 4], else
    /// those of each class, [N, C, P, 4].
    /// </summary>
    public (string Scores, string Boxes) Add(Regions regions, string limits)
    {
        var limitsOfRegions = graph.Rows("regions.limits", limits, regions.Images); // [R, 4]
        var logits = new List<string>();
        var current = regions.Boxes;
        foreach (var stage in architecture.Stages)
        {
            var name = $"regions.{stage.Prefix}corrected";
            var corrections = Classify(stage, current, regions.Images);
            logits.Add(Logits(stage));
            current = stage.IsCascaded
                ? boxes.Decode(name, current, corrections, stage.Codec, limitsOfRegions)
                : DecodeOfClasses(name, current, corrections, stage.Codec, limitsOfRegions);
        }
        return Arrange(regions, Probabilities(logits), current);
    }

    private string Classify(RegionStage stage, string regions, string images)
    {
        const int bins = DetectorArchitecture.BoxBins;
        var (name, hidden, classes) = ($"roi_head.bbox_head.{stage.Prefix}", architecture.HiddenWidth, architecture.NumClasses);
        var sorted = features.Sort($"regions.{stage.Prefix}sorted", graph.Add("Identity", BoxesOf(stage), [regions]), images);
        var x = graph.Add("Flatten", $"regions.{stage.Prefix}flat", [sorted.Align(bins)]);
        x = _layers.Relu(_layers.Linear(x, $"{name}shared_fcs.0", architecture.PyramidChannels * bins * bins, hidden));
        x = _layers.Relu(_layers.Linear(x, $"{name}shared_fcs.1", hidden, hidden));
        sorted.Restore(Logits(stage), _layers.Linear(x, $"{name}fc_cls", hidden, classes + 1));
        return sorted.Restore(
            Corrections(stage), _layers.Linear(x, $"{name}fc_reg", hidden, stage.IsCascaded ? 4 : 4 * classes));
    }

    /// <summary>[R, C, 4].</summary>
    private string DecodeOfClasses(string name, string regions, string corrections, BoxCodec codec, string limits) => boxes.Decode(
        name, graph.Unsqueeze($"{name}.regions", regions, 1),
        graph.Reshape($"{name}.corrections", corrections, -1, architecture.NumClasses, 4), codec,
        graph.Unsqueeze($"{name}.limits", limits, 1));

    /// <summary>Of the mean of the stages' logits, without the background: [R, C].</summary>
    private string Probabilities(List<string> logits)
    {
        var mean = logits.Count == 1 ? logits[0] : graph.Add("Mean", "regions.logits", logits);
        var softmax = graph.Add("Softmax", "regions.probabilities.all", [mean], new OnnxAttribute("axis", -1L));
        return graph.Last("regions.probabilities", softmax, 0, architecture.NumClasses);
    }

    private (string Scores, string Boxes) Arrange(Regions regions, string probabilities, string corrected)
    {
        const string name = "regions.arranged";
        var (classes, isCascaded) = (architecture.NumClasses, architecture.Stages[0].IsCascaded);
        var batch = GraphSize.Of(graph.Size("batch_size", GraphNames.Input, 0));
        var most = GraphSize.Of(regions.MostRanks);
        string Scatter(string part, float filling, string values, params GraphSize[] shape) => graph.Add(
            "ScatterND", $"{name}.{part}", [graph.Filled($"{name}.{part}.none", filling, graph.Shape(shape)), regions.Ranks, values]);
        var scores = graph.Transpose($"{name}.scores", Scatter("scores.rows", -1, probabilities, batch, most, classes), 0, 2, 1);
        return (scores, isCascaded
            ? Scatter("boxes", 0, corrected, batch, most, 4)
            : graph.Transpose($"{name}.boxes", Scatter("boxes.rows", 0, corrected, batch, most, classes, 4), 0, 2, 1, 3));
    }
}
