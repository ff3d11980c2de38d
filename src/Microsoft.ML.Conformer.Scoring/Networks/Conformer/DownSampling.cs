namespace Microsoft.ML.Conformer;

/// <summary>
/// How the down unit brings a feature map, projected to the tokens' width E by a 1x1 convolution, to the patch grid (Peng et al., table 7).
/// </summary>
/// <remarks>
/// Of the table's four ways, the one by attention is not here: the paper describes it in its supplement only, and the official code has
/// average pooling only.
/// </remarks>
public enum DownSampling
{
    /// <summary>Average pooling, whose kernel and stride are the pooling factor; the published networks.</summary>
    Average,

    /// <summary>Maximum pooling with the same kernel and stride; parameters and MACs are those of average pooling.</summary>
    Maximum,

    /// <summary>
    /// A convolution from E to E channels, whose kernel and stride are the pooling factor, in the pooling's place; also where the factor
    /// is 1. It makes Conformer-S 10.0 M parameters and 2.0 G MACs larger, which is what the table says: 47.7 M. There is no official
    /// code of it, so two things are a choice: its name in the state dict, <c>squeeze_block.sample_pooling</c>, is that of the official
    /// pooling, and it has a bias as the projection has (the printed figures are the same with and without one).
    /// </summary>
    Convolution,
}
