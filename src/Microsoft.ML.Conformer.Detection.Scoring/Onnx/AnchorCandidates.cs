namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// The anchors with the highest scores of each level, corrected. Only their own boxes are computed, not those of whole maps.
/// </summary>
internal sealed class AnchorCandidates(DetectorArchitecture architecture, DetectionRules rules, GraphBuilder graph, BoxOperators boxes)
{
    private readonly List<string> _scores = [], _corrections = [], _places = [], _levels = [], _widths = [];

    /// <summary>
    /// Takes the best of a level: scores are [N, H, W, A values], for an anchor the highest of its values counts; corrections are
    /// [N, H, W, 4 A].
    /// </summary>
    public void Take(int level, string scores, string corrections, int valuesPerAnchor)
    {
        var name = $"candidates_{level}";
        _widths.Add(graph.Size($"{name}.width", scores, 3));
        // [N, values A, H, W] to [N, H W A, values]
        var values = Rows($"{name}.scores", scores, valuesPerAnchor);
        var best = valuesPerAnchor == 1
            ? graph.Reshape($"{name}.best", values, 0, -1)
            : graph.Add("ReduceMax", $"{name}.best", [values], new("axes", new long[] { 2 }), new("keepdims", 0L));
        var (_, places) = graph.Top($"{name}.top", best, rules.CandidatesPerLevel);
        _scores.Add(graph.AtPlaces($"{name}.values", values, places)); // [N, k, values]
        _corrections.Add(graph.AtPlaces($"{name}.corrections", Rows($"{name}.corrections.all", corrections, 4), places)); // [N, k, 4]
        _places.Add(places);
        _levels.Add(graph.Add("Expand", $"{name}.levels", [graph.Integers(_levels.Count), graph.Size($"{name}.count", places, 1)]));
    }

    /// <summary>
    /// Those of all levels: boxes within the images, [N, n, 4], scores, [N, n, values], and which of the levels, int64 [n].
    /// </summary>
    public (string Boxes, string Scores, string Levels) Join(string limits)
    {
        const string name = "candidates";
        long count = architecture.AnchorsPerPlace;
        var levels = graph.Concat($"{name}.levels", 0, _levels);
        var places = graph.Concat($"{name}.places", 1, _places); // [N, n]
        var scores = graph.Add("Sigmoid", $"{name}.scores", [graph.Concat($"{name}.logits", 1, _scores)]);

        var anchor = graph.Add("Mod", $"{name}.anchor", [places, graph.Integers(count)]);
        var cell = graph.Add("Div", $"{name}.cell", [places, graph.Integers(count)]);
        var widths = graph.Rows($"{name}.widths", graph.Concat($"{name}.level_widths", 0, _widths), levels);
        var column = graph.ToFloat($"{name}.column", graph.Add("Mod", $"{name}.column.number", [cell, widths]));
        var row = graph.ToFloat($"{name}.row", graph.Add("Div", $"{name}.row.number", [cell, widths]));
        var corner = graph.Add("Concat", $"{name}.place", [
            graph.Unsqueeze($"{name}.x", column, -1), graph.Unsqueeze($"{name}.y", row, -1),
        ], new OnnxAttribute("axis", -1L));
        corner = graph.Concat($"{name}.corner", -1, corner, corner); // [N, n, 4], in places of the map

        float[] strides = [.. architecture.Levels.Select(level => (float)(1 << level))];
        var stride = graph.Rows($"{name}.stride", graph.Constant("level_strides", [strides.Length, 1], strides), levels); // [n, 1]
        var anchorsOf = Anchors.Of(architecture);
        float[] shapes = [.. architecture.Levels.SelectMany(level => anchorsOf.Around(1 << level))
            .SelectMany(box => (float[])[box.X0, box.Y0, box.X1, box.Y1])];
        var shape = graph.Rows(
            $"{name}.shape", graph.Constant("anchors", [strides.Length * count, 4], shapes),
            graph.Add("Add", $"{name}.shape.number", [anchor, graph.Add("Mul", $"{name}.first", [levels, graph.Integers(count)])]));
        var anchors = graph.Add("Add", $"{name}.anchors", [shape, graph.Add("Mul", $"{name}.moved", [corner, stride])]);
        var decoded = boxes.Decode(
            $"{name}.boxes", anchors, graph.Concat($"{name}.corrections", 1, _corrections), BoxCodec.Plain,
            graph.Unsqueeze($"{name}.limits", limits, 1));
        return (decoded, scores, levels);
    }

    private string Rows(string name, string map, long values) =>
        graph.Reshape($"{name}.rows", graph.Transpose($"{name}.last", map, 0, 2, 3, 1), 0, -1, values);
}
