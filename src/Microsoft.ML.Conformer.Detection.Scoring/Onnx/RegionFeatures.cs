namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// Resamples regions of images to the same size (RoIAlign; He et al., ICCV 2017), each from the level of the pyramid that fits its size.
/// </summary>
internal sealed class RegionFeatures(DetectorArchitecture architecture, GraphBuilder graph, IReadOnlyList<PyramidMap> maps)
{
    /// <summary>
    /// Regions, [R, 4] in pixels, of images, int64 [R], sorted by level: only what a head makes of them is put back in their order, for
    /// it is smaller.
    /// </summary>
    public SortedRegions Sort(string name, string regions, string images)
    {
        string Op(string type, string part, params string[] inputs) => graph.Add(type, $"{name}.{part}", inputs);
        var sides = Op("Sub", "sides", graph.Last($"{name}.high", regions, 2, 4), graph.Last($"{name}.low", regions, 0, 2));
        var area = graph.Add("ReduceProd", $"{name}.area", [sides], new("axes", new long[] { 1 }), new("keepdims", 0L)); // [R]
        var scale = Op("Div", "scale", Op("Sqrt", "mean_side", area), graph.Scalar("finest_scale", (float)architecture.FinestScale));
        scale = Op("Add", "scale.rounded", scale, graph.Scalar("level_margin", 1e-6f));

        var pieces = new List<(PyramidMap Map, string Regions, string Images)>();
        var order = new List<string>();
        string? reached = null; // whether a region is of this level or a coarser one
        foreach (var (index, map) in maps.Take(DetectorArchitecture.RegionLevels).Index())
        {
            var isLast = index == DetectorArchitecture.RegionLevels - 1;
            var next = isLast ? null : Op("GreaterOrEqual", $"above_{map.Level}", scale, graph.Scalar($"number_{2 << index}", 2 << index));
            var isHere = (reached, next) switch
            {
                (null, { } coarser) => Op("Not", $"of_{map.Level}", coarser),
                ({ } here, { } coarser) => Op("And", $"of_{map.Level}", here, Op("Not", $"up_to_{map.Level}", coarser)),
                ({ } here, null) => here,
                _ => throw new InvalidOperationException("There is one level only."),
            };
            reached = next;
            var indices = graph.Reshape($"{name}.indices_{map.Level}", Op("NonZero", $"found_{map.Level}", isHere), -1);
            order.Add(indices);
            pieces.Add((
                map, graph.Rows($"{name}.regions_{map.Level}", regions, indices),
                graph.Rows($"{name}.images_{map.Level}", images, indices)));
        }
        // The inverse of a permutation: where each region went.
        var sorted = graph.Concat($"{name}.order", 0, order);
        var count = graph.Size($"{name}.count", sorted, 0);
        var numbers = Op("Range", "numbers", graph.Integer(0), Op("Squeeze", "count.number", count), graph.Integer(1));
        var places = Op("ScatterElements", "places", sorted, sorted, numbers);
        return new SortedRegions(name, graph, pieces, places);
    }
}

/// <summary>Regions by level.</summary>
internal sealed class SortedRegions(
    string name, GraphBuilder graph, IReadOnlyList<(PyramidMap Map, string Regions, string Images)> pieces, string places)
{
    /// <summary>Their features, [R, channels, bins, bins], sorted by level.</summary>
    public string Align(int bins) => graph.Concat($"{name}.aligned", 0, [.. pieces.Select(piece => graph.Add(
        "RoiAlign", $"{name}.aligned_{piece.Map.Level}", [piece.Map.Name, piece.Regions, piece.Images],
        new("coordinate_transformation_mode", "half_pixel"),
        new("mode", "avg"),
        new("output_height", (long)bins),
        new("output_width", (long)bins),
        new("sampling_ratio", 0L),
        new("spatial_scale", 1f / (1 << piece.Map.Level))))]);

    /// <summary>What a head gave for them, in their own order again.</summary>
    public string Restore(string result, string values) => graph.Rows(result, values, places);

    /// <summary>What belongs to each of them, sorted as they are.</summary>
    public string Order(string result, string values) => graph.Rows(result, values, $"{name}.order");
}
