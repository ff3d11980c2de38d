namespace Microsoft.ML.Conformer;

/// <summary>
/// What a network knows of an image before it classifies: what mmpretrain's extract_feat gives, and the pyramid of maps that a detector
/// or a segmentation builds on.
/// </summary>
[Flags]
public enum ImageFeatures
{
    /// <summary>
    /// The convolution branch's last map, averaged over the image: a vector of 256 x the architecture's ChannelRatio; of a ConTNet with
    /// four
    /// stages, of 16 x its StemWidth.
    /// </summary>
    ConvEmbedding = 1,

    /// <summary>The transformer branch's normalized class token: a vector of the architecture's EmbedDim. A ConTNet has none.</summary>
    TransformerEmbedding = 2,

    /// <summary>
    /// The last map of stage 1, [channels, S / 4, S / 4] where the images have S x S pixels; of a ConTNet, what the stage's last
    /// convolution takes, or, where it is the last stage, the last map.
    /// </summary>
    C2 = 4,

    /// <summary>The last map of stage 2, [channels, S / 8, S / 8]; of a ConTNet, as for <see cref="C2"/>.</summary>
    C3 = 8,

    /// <summary>
    /// The map before the last block, [channels, S / 16, S / 16]; a Conformer of depth 3 has none. Of a ConTNet, that of stage 3, as for
    /// <see cref="C2"/>.
    /// </summary>
    C4 = 16,

    /// <summary>The last map, [channels, S / 32, S / 32].</summary>
    C5 = 32,

    /// <summary>The vectors of all branches that the network has.</summary>
    Embeddings = ConvEmbedding | TransformerEmbedding,

    /// <summary>All maps of the convolution branch.</summary>
    FeatureMaps = C2 | C3 | C4 | C5,
}
