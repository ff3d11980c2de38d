namespace Microsoft.ML.Conformer;

/// <summary>
/// What a network knows of an image before it classifies: what mmpretrain's extract_feat gives, and the pyramid of maps that a detector
/// or a segmentation builds on.
/// </summary>
[Flags]
public enum ImageFeatures
{
    /// <summary>The convolution branch's last map, averaged over the image: a vector of 256 x the architecture's ChannelRatio.</summary>
    ConvEmbedding = 1,

    /// <summary>The transformer branch's normalized class token: a vector of the architecture's EmbedDim.</summary>
    TransformerEmbedding = 2,

    /// <summary>The last map of stage 1, [channels, S / 4, S / 4] where the images have S x S pixels.</summary>
    C2 = 4,

    /// <summary>The last map of stage 2, [channels, S / 8, S / 8].</summary>
    C3 = 8,

    /// <summary>The map before the last block, [channels, S / 16, S / 16]; a network of depth 3 has none.</summary>
    C4 = 16,

    /// <summary>The last map, [channels, S / 32, S / 32].</summary>
    C5 = 32,

    /// <summary>Both branches' vectors.</summary>
    Embeddings = ConvEmbedding | TransformerEmbedding,

    /// <summary>All maps of the convolution branch.</summary>
    FeatureMaps = C2 | C3 | C4 | C5,
}
