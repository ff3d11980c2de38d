using static Microsoft.ML.Conformer.NetworkLayer;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>The layers of a network for segmentation: names, shapes, parameters and MACs. Names are mmsegmentation's.</summary>
internal static class SegmentationLayout
{
    public const string Head = "decode_head.", AuxiliaryHead = "auxiliary_head.";

    /// <summary>Of the norms of both heads.</summary>
    public const double Epsilon = 1e-5;

    public const string Classifier = "conv_seg", Bottleneck = "bottleneck", AuxiliaryConvolution = "convs.0";

    /// <summary>The convolution and norm behind a pooling of a map.</summary>
    public static string Pooled(int index) => $"psp_modules.{index}.1";

    /// <summary>Whether only training needs a layer.</summary>
    public static bool IsForTraining(NetworkLayer layer) => layer.Name.StartsWith(AuxiliaryHead, StringComparison.Ordinal);

    public static IEnumerable<NetworkLayer> Layers(SegmentationArchitecture a, int height, int width) =>
    [
        .. BackboneLayout.Layers(a.Backbone, height, width),
        .. HeadLayers(a, a.Backbone.MapChannels(SegmentationArchitecture.HeadLevel), height >> SegmentationArchitecture.HeadLevel,
            width >> SegmentationArchitecture.HeadLevel).Select(layer => BackboneLayout.Within(Head, layer)),
        .. a.HasAuxiliaryHead ? Auxiliary(a, height, width) : [],
    ];

    /// <summary>The pyramid pooling head's, on a map of so many channels.</summary>
    public static IEnumerable<NetworkLayer> HeadLayers(SegmentationArchitecture a, int inputs, long height, long width)
    {
        var map = new FeatureMap(a.Channels, height, width);
        yield return Conv(Classifier, a.Channels, map with { Channels = a.NumClasses }, kernel: 1, bias: true);
        foreach (var (index, scale) in a.PoolScales.Index())
            foreach (var layer in Normalized(Pooled(index), inputs, new FeatureMap(a.Channels, scale, scale), kernel: 1))
                yield return layer;
        foreach (var layer in Normalized(Bottleneck, inputs + ((long)a.PoolScales.Count * a.Channels), map, kernel: 3))
            yield return layer;
    }

    private static IEnumerable<NetworkLayer> Auxiliary(SegmentationArchitecture a, int height, int width)
    {
        const int level = SegmentationArchitecture.AuxiliaryLevel;
        var map = new FeatureMap(a.AuxiliaryChannels, height >> level, width >> level);
        var classifier = Conv(Classifier, a.AuxiliaryChannels, map with { Channels = a.NumClasses }, kernel: 1, bias: true);
        return Normalized(AuxiliaryConvolution, a.Backbone.MapChannels(level), map, kernel: 3).Prepend(classifier)
            .Select(layer => BackboneLayout.Within(AuxiliaryHead, layer));
    }

    private static NetworkLayer[] Normalized(string name, long inputs, FeatureMap output, long kernel) =>
        [Conv($"{name}.conv", inputs, output, kernel, bias: false), BatchNorm($"{name}.bn", output)];
}
