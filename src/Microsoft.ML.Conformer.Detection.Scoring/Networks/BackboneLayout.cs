namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>What a network with other heads has of a classifying one: all that its feature maps need.</summary>
internal static class BackboneLayout
{
    /// <summary>What its tensors' names begin with, as in mmdetection and mmsegmentation.</summary>
    public const string Prefix = "backbone.";

    private const int MaxSizeDivisor = 4096;

    /// <summary>The layers that the maps need, for images of a height and width in pixels.</summary>
    public static IEnumerable<NetworkLayer> Layers(VisionArchitecture backbone, int height, int width) =>
        backbone.Layers(height, width).Where(layer => backbone.IsOfMaps(layer.Name)).Select(layer => Within(Prefix, layer));

    /// <summary>Whether a tensor is the backbone's.</summary>
    public static bool Has(string tensor) => tensor.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A tensor's name in the backbone; that of another stays.</summary>
    public static string NameIn(string tensor) => Has(tensor) ? tensor[Prefix.Length..] : tensor;

    /// <summary>The backbone's layer, from 0, that a tensor is in; the heads count as its last one.</summary>
    public static int LayerOf(VisionArchitecture backbone, string tensor) =>
        Has(tensor) ? backbone.LayerOf(NameIn(tensor)) : backbone.LayerCount - 1;

    /// <summary>A layer as one of a larger network, where its names have a prefix.</summary>
    public static NetworkLayer Within(string prefix, NetworkLayer layer) => layer with
    {
        Name = prefix + layer.Name,
        Tensors = [.. layer.Tensors.Select(tensor => tensor with { Name = prefix + tensor.Name })],
    };

    /// <summary>What is wrong with a backbone that is to give maps of some levels, one sentence for each fault.</summary>
    /// <param name="backbone">The backbone; null is a fault.</param>
    /// <param name="levels">The levels.</param>
    /// <param name="use">What they are for, for a message: "the pyramid is built on".</param>
    public static IEnumerable<string> Faults(VisionArchitecture? backbone, IReadOnlyList<int> levels, string use)
    {
        const string name = nameof(DetectorArchitecture.Backbone);
        if (backbone is null)
            return [$"{name} is null; name a Conformer or ConTNet."];
        List<string> faults = [.. backbone.Faults().Select(fault => $"{name}: {fault}")];
        if (faults.Count > 0)
            return faults;
        if (backbone.SizeDivisor > MaxSizeDivisor)
            faults.Add($"{name} takes sides that are multiples of {backbone.SizeDivisor} pixels; it must be {MaxSizeDivisor} or less.");
        if (levels.Except(backbone.FeatureLevels).ToList() is { Count: > 0 } missing)
            faults.Add($"{name} has no map of level {string.Join(", ", missing)}, which {use}.");
        return faults;
    }
}
