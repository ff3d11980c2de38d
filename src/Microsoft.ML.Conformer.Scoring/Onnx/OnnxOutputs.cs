namespace Microsoft.ML.Conformer;

/// <summary>What an ONNX file gives beside the scores. N images, C classes, all numbers float.</summary>
[Flags]
public enum OnnxOutputs
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>
    /// "conv_logits" and "tran_logits", [N, C]: what the convolution branch and the transformer branch say on their own. The scores are
    /// the softmax of their sum. A ConTNet has "conv_logits" only.
    /// </summary>
    HeadLogits = 1,

    /// <summary>
    /// "conv_embedding", [N, channels]: the last feature map, averaged. "tran_embedding", [N, E]: the class token, normalized. What the
    /// heads see; for search by similarity and for classifiers on top. A ConTNet has "conv_embedding" only.
    /// </summary>
    Embeddings = 2,

    /// <summary>
    /// "c2", "c3", "c4", "c5", [N, channels, height, width]: maps of the convolution branch with 1/4, 1/8, 1/16 and 1/32 of the image's
    /// height and width; for detectors and segmenters on top. A Conformer of depth 3 has no c4: asking for them is an error there. Of a
    /// ConTNet they are what the last convolution of a stage takes, and c5 the last map of all.
    /// </summary>
    FeatureMaps = 4,

    /// <summary>
    /// "attention_1" ... "attention_[depth]", [N, heads, T, T]: how much each token (row) of a transformer block attends to each token.
    /// T is 1 + the number of patches; the first token is the class token, the patches follow row by row. Of a ConTNet they are
    /// [windows, heads, T, T] of each encoder: all windows of the first image, row by row, then those of the next, each of T pixels.
    /// </summary>
    AttentionMaps = 8,

    /// <summary>
    /// "cam", [N, C, height, width] with 1/32 of the image's height and width: where the convolution branch sees each class (class
    /// activation maps; Zhou et al., CVPR 2016). The mean of a map and the head's bias are the class's logit in "conv_logits".
    /// </summary>
    ClassActivationMaps = 16,

    /// <summary>
    /// What the class token of a Conformer attends to, on the grid of patches. "class_attention", [N, depth, height, width]: its weights
    /// in each transformer block, the mean of the heads. "rollout", [N, height, width]: the blocks' weights followed from the last to the
    /// first, with half a weight for what each block passes on unchanged (Abnar and Zuidema, ACL 2020); it knows the transformer branch
    /// alone, not what the other branch adds to the tokens. A ConTNet has no class token: asking for them is an error there.
    /// </summary>
    ClassAttention = 32,

    /// <summary>
    /// "t2", "t3", "t4", "t5", [N, E, height, width]: the patches' tokens of a Conformer as maps on their grid, after the transformer
    /// blocks beside those that give "c2" ... "c5". Depth 3 and ConTNets as for these and for <see cref="ClassAttention"/>.
    /// </summary>
    TokenMaps = 64,
}
