using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer;

/// <summary>What a map of an image shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImageMapKind>))]
public enum ImageMapKind
{
    /// <summary>
    /// Where the convolution branch sees a class: the head's weights of the class times the last feature map (Zhou et al., CVPR 2016), a
    /// pixel for each 32 x 32 of the image. The mean of its values and the head's bias are the branch's logit of the class.
    /// </summary>
    ClassActivation,

    /// <summary>
    /// How much of each patch the class token holds in the end, whatever the class: the blocks' attention multiplied from the last to the
    /// first, half of each block's weight staying where it is (Abnar and Zuidema, ACL 2020). It knows the transformer branch alone, not
    /// what the convolution branch adds to the tokens.
    /// </summary>
    AttentionRollout,

    /// <summary>What the class token attends to, whatever the class: the mean of all heads and blocks.</summary>
    ClassAttention,

    /// <summary>
    /// Both branches: the class activation map on the grid of patches times <see cref="ClassAttention"/>, which is averaged over 3 x 3
    /// patches before, each scaled to 0-1. It is how TS-CAM couples a map that knows the class and one that knows the object (Gao et al., ICCV 2021); there the first is made of tokens
    /// by a layer that is trained for it, here it is the convolution branch's.
    /// </summary>
    Coupled,

    /// <summary>A feature map or the tokens of a stage: at each place the root mean square of all channels.</summary>
    Stage,
}
