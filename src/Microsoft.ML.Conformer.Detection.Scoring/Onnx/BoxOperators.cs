namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>What a graph does with boxes, [..., x0 y0 x1 y1] in pixels.</summary>
internal sealed class BoxOperators(GraphBuilder graph)
{
    /// <summary>Corrects boxes, and clips the results to [0, limits]; shapes are broadcast.</summary>
    public string Decode(string name, string boxes, string corrections, BoxCodec codec, string limits)
    {
        string Op(string type, string part, params string[] inputs) => graph.Add(type, $"{name}.{part}", inputs);
        var (low, high) = (graph.Last($"{name}.low", boxes, 0, 2), graph.Last($"{name}.high", boxes, 2, 4));
        var center = Op("Mul", "center", Op("Add", "ends", low, high), graph.Scalar("half", 0.5f));
        var size = Op("Sub", "size", high, low);
        var offset = Scaled($"{name}.offset", graph.Last($"{name}.offset.plain", corrections, 0, 2), codec.CenterSpread);
        var ratio = Scaled($"{name}.ratio", graph.Last($"{name}.ratio.plain", corrections, 2, 4), codec.SizeSpread);
        ratio = Op(
            "Clip", "ratio.clipped", ratio, graph.Scalar("least_log_ratio", -BoxCodec.MaxLogRatio),
            graph.Scalar("most_log_ratio", BoxCodec.MaxLogRatio));
        center = Op("Add", "center.corrected", center, Op("Mul", "center.moved", size, offset));
        var half = Op("Mul", "half", Op("Mul", "size.corrected", size, Op("Exp", "growth", ratio)), graph.Scalar("half", 0.5f));
        var corrected = graph.Concat(
            $"{name}.corrected", -1, Op("Sub", "corrected.low", center, half), Op("Add", "corrected.high", center, half));
        var positive = Op("Max", "positive", corrected, graph.Scalar("number_0", 0));
        return graph.Add("Min", name, [positive, limits]);
    }

    /// <summary>
    /// Non-maximum suppression in each group of each image: boxes are [N, n, 4], scores [N, G, n]; gives [S, 3], the image, the group and
    /// the box of each that is kept.
    /// </summary>
    public string Suppress(string name, string boxes, string scores, int most, double overlap, double leastScore) => graph.Add(
        "NonMaxSuppression", name,
        [boxes, scores, graph.Integers(most), graph.Floats((float)overlap), graph.Floats((float)leastScore)]);

    /// <summary>
    /// Of what is kept of scores, [N, G, n], in places, [S, 3], the best of each image, ordered by image and falling score.
    /// </summary>
    public Chosen Choose(string name, string scores, string places, int most)
    {
        string Op(string type, string part, params string[] inputs) => graph.Add(type, $"{name}.{part}", inputs);
        var remaining = Op(
            "ScatterND", "remaining", graph.Filled($"{name}.none", -1, graph.Add("Shape", $"{name}.shape", [scores])), places,
            Op("GatherND", "remaining.scores", scores, places));
        var (values, indices) = graph.Top($"{name}.top", graph.Reshape($"{name}.rows", remaining, 0, -1), most);
        // What is not kept has a negative score.
        var isThere = Op("GreaterOrEqual", "is_there", values, graph.Scalar("number_0", 0));
        var ranks = graph.Transpose($"{name}.ranks", Op("NonZero", "there", isThere), 1, 0); // [D, 2]: image and rank
        var members = graph.Size($"{name}.members", scores, 2);
        var index = Op("GatherND", "index", indices, ranks);
        return new Chosen(
            graph.Last($"{name}.image", ranks, 0, 1), graph.Unsqueeze($"{name}.box", Op("Mod", "member", index, members), 1),
            () => graph.Unsqueeze($"{name}.group", Op("Div", "group.number", index, members), 1),
            Op("GatherND", "scores", values, ranks), ranks, graph.Size($"{name}.width", values, 1));
    }

    private string Scaled(string name, string x, double factor) => factor == 1
        ? x
        : graph.Add("Mul", name, [x, graph.Scalar(FormattableString.Invariant($"spread_{factor}"), (float)factor)]);
}

/// <summary>Names of the values that tell of D chosen boxes.</summary>
/// <param name="Images">int64 [D, 1].</param>
/// <param name="Boxes">Which of the image's boxes, int64 [D, 1].</param>
/// <param name="AddGroups">Adds their groups, int64 [D, 1].</param>
/// <param name="Scores">[D].</param>
/// <param name="Ranks">int64 [D, 2]: the image, and the place among its chosen ones.</param>
/// <param name="MostRanks">As many as one image has at most, int64 [1].</param>
internal sealed record Chosen(string Images, string Boxes, Func<string> AddGroups, string Scores, string Ranks, string MostRanks);
