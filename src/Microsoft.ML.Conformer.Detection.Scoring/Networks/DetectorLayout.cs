using static Microsoft.ML.Conformer.NetworkLayer;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// A detector's layers: names, shapes, parameters and MACs. Names are mmdetection's. Shapes of layers that see regions are those of one;
/// their MACs are for as many as mmdetection counts.
/// </summary>
internal static class DetectorLayout
{
    private const long CountedRegions = 1000, CountedMasks = 100;

    /// <summary>
    /// What table 3 of the Conformer's paper counts: the MACs, and the additions of the biases behind the backbone; so its four figures
    /// come out to the printed digit.
    /// </summary>
    public static long Operations(IEnumerable<NetworkLayer> layers) => layers.Sum(layer =>
    {
        var hasBias = layer.Tensors.Count == 2 && !BackboneLayout.Has(layer.Name);
        return layer.Macs + (hasBias ? layer.Macs / InputsOf(layer) : 0);
    });

    /// <summary>The values that one of a layer's outputs is made of.</summary>
    private static long InputsOf(NetworkLayer layer)
    {
        var weight = layer.Tensors[0];
        return layer.Kind == "ConvTranspose2d" ? weight.Shape[0] : weight.Count / weight.Shape[0];
    }

    public static IEnumerable<NetworkLayer> Layers(DetectorArchitecture a, int height, int width)
    {
        foreach (var layer in BackboneLayout.Layers(a.Backbone, height, width))
            yield return layer;
        FeatureMap Map(int level, long channels)
        {
            long Side(int pixels) => ((long)pixels + (1 << level) - 1) >> level;
            return new FeatureMap(channels, Side(height), Side(width));
        }
        long channels = a.PyramidChannels;
        foreach (var (index, level) in a.BackboneLevels.Index())
            yield return Conv(
                $"neck.lateral_convs.{index}.conv", a.Backbone.MapChannels(level), Map(level, channels), kernel: 1, bias: true);
        // The last level of a two-stage detector is the one before, every second value of it.
        foreach (var (index, level) in a.Levels.Take(a.IsTwoStage ? 4 : 5).Index())
        {
            var inputs = level == a.BackboneLevels[^1] + 1 ? a.Backbone.MapChannels(level - 1) : channels;
            yield return Conv($"neck.fpn_convs.{index}.conv", inputs, Map(level, channels), kernel: 3, bias: true);
        }
        foreach (var layer in a.IsTwoStage ? TwoStages(a, Map) : Retina(a, Map))
            yield return layer;
    }

    private static IEnumerable<NetworkLayer> Retina(DetectorArchitecture a, Func<int, long, FeatureMap> map)
    {
        long channels = a.PyramidChannels;
        foreach (var branch in (string[])["cls", "reg"])
            for (var index = 0; index < DetectorArchitecture.RetinaConvolutions; index++)
                yield return AtAllLevels(a, map, $"bbox_head.{branch}_convs.{index}.conv", channels, kernel: 3);
        yield return AtAllLevels(a, map, "bbox_head.retina_cls", a.AnchorsPerPlace * a.NumClasses, kernel: 3);
        yield return AtAllLevels(a, map, "bbox_head.retina_reg", a.AnchorsPerPlace * 4, kernel: 3);
    }

    private static IEnumerable<NetworkLayer> TwoStages(DetectorArchitecture a, Func<int, long, FeatureMap> map)
    {
        long channels = a.PyramidChannels, hidden = a.HiddenWidth;
        yield return AtAllLevels(a, map, "rpn_head.rpn_conv", channels, kernel: 3);
        yield return AtAllLevels(a, map, "rpn_head.rpn_cls", a.AnchorsPerPlace, kernel: 1);
        yield return AtAllLevels(a, map, "rpn_head.rpn_reg", a.AnchorsPerPlace * 4, kernel: 1);
        NetworkLayer Times(NetworkLayer layer, long regions) => layer with { Macs = layer.Macs * regions };
        foreach (var stage in a.Stages)
        {
            var (name, boxes) = ($"roi_head.bbox_head.{stage.Prefix}", stage.IsCascaded ? 4L : 4L * a.NumClasses);
            yield return Times(Linear($"{name}fc_cls", [1, a.NumClasses + 1], hidden, a.NumClasses + 1), CountedRegions);
            yield return Times(Linear($"{name}fc_reg", [1, boxes], hidden, boxes), CountedRegions);
            var values = channels * DetectorArchitecture.BoxBins * DetectorArchitecture.BoxBins;
            yield return Times(Linear($"{name}shared_fcs.0", [1, hidden], values, hidden), CountedRegions);
            yield return Times(Linear($"{name}shared_fcs.1", [1, hidden], hidden, hidden), CountedRegions);
        }
        if (!a.HasMasks)
            yield break;
        const long bins = DetectorArchitecture.MaskBins, side = DetectorArchitecture.MaskSide;
        foreach (var stage in a.Stages)
        {
            var name = $"roi_head.mask_head.{stage.Prefix}";
            for (var index = 0; index < DetectorArchitecture.MaskConvolutions; index++)
                yield return Times(
                    Conv($"{name}convs.{index}.conv", channels, new FeatureMap(channels, bins, bins), kernel: 3, bias: true), CountedMasks);
            // Each input value gives 2x2 values, so that a value comes from one input value.
            var upsample = Conv($"{name}upsample", channels, new FeatureMap(channels, side, side), kernel: 2, bias: true);
            yield return Times(upsample with { Kind = "ConvTranspose2d", Macs = upsample.Macs / 4 }, CountedMasks);
            yield return Times(
                Conv($"{name}conv_logits", channels, new FeatureMap(a.NumClasses, side, side), kernel: 1, bias: true), CountedMasks);
        }
    }

    /// <summary>A convolution that all levels share: the shape of its output is the finest one's, its MACs are those of all.</summary>
    private static NetworkLayer AtAllLevels(DetectorArchitecture a, Func<int, long, FeatureMap> map, string name, long outputs, long kernel)
    {
        var levels = a.Levels.Select(level => Conv(name, a.PyramidChannels, map(level, outputs), kernel, bias: true)).ToList();
        return levels[0] with { Macs = levels.Sum(layer => layer.Macs) };
    }
}
