namespace Microsoft.ML.Conformer.Detection.Onnx;

/// <summary>
/// The feature pyramid network (Lin et al., CVPR 2017), as mmdetection has it: the backbone's maps with the same number of channels, each
/// with what the coarser ones see, and coarser maps beside them.
/// </summary>
internal sealed class FeaturePyramid(DetectorArchitecture architecture, GraphBuilder graph, RequiredWeights weights)
{
    /// <summary>Name of the map of a level of the pyramid.</summary>
    public static string MapName(int level) => $"p{level}";

    /// <summary>Adds the pyramid: the maps of the architecture's levels, [N, channels, H / 2^level, W / 2^level].</summary>
    public IReadOnlyList<PyramidMap> Add(IReadOnlyList<MapValue> backbone)
    {
        var levels = architecture.BackboneLevels;
        var sums = new string[levels.Count];
        for (var index = levels.Count - 1; index >= 0; index--)
        {
            var map = backbone.First(map => map.Level == levels[index]);
            var lateral = Convolution($"neck.lateral_convs.{index}.conv", map.Channels, kernel: 1).On(map.Name);
            sums[index] = index == levels.Count - 1
                ? lateral
                : graph.Add("Add", $"neck.sum_{levels[index]}", [lateral, Doubled(sums[index + 1], levels[index])]);
        }
        List<PyramidMap> maps =
        [
            .. levels.Select((level, index) =>
                new PyramidMap(level, Output(index, architecture.PyramidChannels, sums[index], level, stride: 1))),
        ];
        foreach (var level in architecture.Levels.Skip(levels.Count))
            maps.Add(new PyramidMap(level, Coarser(maps, backbone, level)));
        return maps;
    }

    private string Coarser(List<PyramidMap> maps, IReadOnlyList<MapValue> backbone, int level)
    {
        // Of a two-stage detector every second value of the last one, else further convolutions, the first on the backbone's map.
        if (architecture.IsTwoStage)
            return graph.Add("MaxPool", MapName(level), [maps[^1].Name],
                new("kernel_shape", new long[] { 1, 1 }), new("strides", new long[] { 2, 2 }));
        var (map, channels) = level == architecture.BackboneLevels[^1] + 1 && backbone.First(map => map.Level == level - 1) is { } last
            ? (last.Name, last.Channels)
            : (maps[^1].Name, architecture.PyramidChannels);
        return Output(maps.Count, channels, map, level, stride: 2);
    }

    private string Output(int index, int channels, string map, int level, long stride) =>
        graph.Add("Identity", MapName(level), [Convolution($"neck.fpn_convs.{index}.conv", channels, kernel: 3).On(map, stride: stride)]);

    private SharedConvolution Convolution(string name, int inputs, int kernel) =>
        new(graph, weights, name, inputs, architecture.PyramidChannels, kernel);

    private string Doubled(string map, int level) => graph.Add(
        "Resize", $"neck.doubled_{level}", [map, "", graph.Floats(1, 1, 2, 2)],
        new("mode", "nearest"), new("coordinate_transformation_mode", "asymmetric"), new("nearest_mode", "floor"));
}

/// <summary>A map of the pyramid, by the name of its value.</summary>
internal sealed record PyramidMap(int Level, string Name);
