namespace Microsoft.ML.Conformer;

/// <summary>
/// The shape of a network that classifies images: everything that fixes its parameters, its heads and how its images are prepared.
/// </summary>
public abstract record VisionArchitecture
{
    /// <summary>Of networks that halve height and width five times.</summary>
    internal const int UsualSmallestImageSize = 32;

    /// <summary>
    /// The most values that a layer may give for one image: 2 GB in 32-bit floats, and for small networks less, so that a small file cannot
    /// ask for much memory: as many as two heads of attention between the 4,097 tokens of 1024 x 1024 pixels need.
    /// </summary>
    private const long MaxLayerValues = 1L << 29, SmallLayerValues = 34_000_000, MaxLayerValuesPerWeight = 32;

    /// <summary>Number of classes C, at least 1. Default 1000.</summary>
    public int NumClasses { get; init; } = 1000;

    /// <summary>Channels of the images: 3 (default) for RGB, which is what the trainer needs.</summary>
    public int InputChannels { get; init; } = 3;

    internal virtual ImagePreprocessing Preprocessing => new();

    /// <summary>The only height and width that the network takes, in pixels, or null where it takes any.</summary>
    internal virtual int? FixedImageSize => null;

    /// <summary>
    /// Images whose sides are multiples of this many pixels are taken, and a map of level l has exactly 1 / 2^l of their sides.
    /// </summary>
    internal virtual int SizeDivisor => UsualSmallestImageSize;

    /// <summary>What classifies, in order: the score is the softmax of the heads' summed logits.</summary>
    internal abstract IReadOnlyList<NetworkHead> Heads { get; }

    /// <summary>The feature maps that the network has, by level: a map of level l has 1 / 2^l of the image's height and width.</summary>
    internal abstract IReadOnlyList<int> FeatureLevels { get; }

    /// <summary>Channels of the feature map of a level.</summary>
    internal abstract int MapChannels(int level);

    /// <summary>Whether the feature maps need a layer, by its name; the heads, and what stands before them alone, they do not.</summary>
    internal virtual bool IsOfMaps(string layer) => Heads.All(head => head.Layer != layer);

    /// <summary>The levels, 2 to 5, that this network has no map of.</summary>
    internal IEnumerable<int> MissingFeatureLevels => Enumerable.Range(2, 4).Except(FeatureLevels);

    /// <summary>Whether a token stands for the whole image, in front of those of its patches.</summary>
    internal virtual bool HasClassToken => false;

    /// <summary>The layers for images of a height and width in pixels, in the order of the state dict.</summary>
    internal abstract IEnumerable<NetworkLayer> Layers(int height, int width);

    /// <summary>The state dict, in order. Its shapes depend on the image's size only where the network takes just one.</summary>
    internal IEnumerable<NetworkTensor> StateDict()
    {
        var size = FixedImageSize ?? SmallestImageSize;
        return Layers(size, size).SelectMany(layer => layer.Tensors);
    }

    /// <summary>
    /// Height and width at which the last feature map is one pixel: smaller images are none, and one of them is no batch.
    /// </summary>
    internal virtual int SmallestImageSize => UsualSmallestImageSize;

    /// <summary>Whether weight decay applies to a parameter of that name in the state dict; biases and norms have none.</summary>
    internal virtual bool IsDecayed(string name, int rank) => rank > 1 && !name.EndsWith(".bias", StringComparison.Ordinal);

    /// <summary>
    /// Layers that are trained alike, from the images to the heads, which are in the last one: learning rates fall from layer to layer,
    /// and layers are frozen from the images on. Here there are two, the heads and all the rest.
    /// </summary>
    internal virtual int LayerCount => 2;

    /// <summary>The layer, from 0, of a tensor by its name in the state dict.</summary>
    internal virtual int LayerOf(string tensor) => IsHead(tensor) ? LayerCount - 1 : 0;

    /// <summary>Whether a tensor of the state dict is a head's: a new number of classes makes it a new one.</summary>
    internal bool IsHead(string tensor) => Heads.Any(head => head.Owns(tensor));

    /// <summary>The state dict's name of a tensor that other code may have saved under another one.</summary>
    internal virtual string OfficialName(string name) => name;

    /// <summary>Why the network cannot take images of a height and width in pixels, as a sentence; null where it can.</summary>
    internal virtual string? SizeFault(int height, int width) => FixedImageSize is { } size && (height != size || width != size)
        ? $"The image is {height} x {width} pixels; the network takes only {size} x {size}."
        : null;

    /// <summary>What is wrong with images of a height and width in pixels, one sentence for each fault.</summary>
    internal IEnumerable<string> ImageSizeFaults(int height, int width)
    {
        if (SizeFault(height, width) is { } fault)
        {
            yield return fault;
            yield break;
        }
        if (height < 1 || width < 1)
            yield break;
        var (values, weights) = (0L, 0L);
        foreach (var layer in Layers(height, width))
        {
            values = Math.Max(values, layer.Values);
            weights += layer.Parameters;
        }
        var most = Math.Clamp(MaxLayerValuesPerWeight * weights, SmallLayerValues, MaxLayerValues);
        if (values > most)
            yield return FormattableString.Invariant(
                $"The image is {height} x {width} pixels, for which one layer of the network gives {values:N0} values; with ") +
                FormattableString.Invariant($"{weights:N0} weights it may give {most:N0}. Take smaller images.");
    }

    /// <summary>What is wrong with this architecture, one sentence for each fault; empty where it can be built.</summary>
    internal virtual IEnumerable<string> Faults()
    {
        if (NumClasses < 1)
            yield return $"{nameof(NumClasses)} is {NumClasses}; it must be at least 1.";
        if (InputChannels < 1)
            yield return $"{nameof(InputChannels)} is {InputChannels}; it must be at least 1.";
    }
}
