namespace Microsoft.ML.Conformer.Networks;

/// <summary>A linear layer that classifies.</summary>
/// <param name="Layer">Its name in the state dict, "conv_cls_head".</param>
/// <param name="Branch">What its logits and embedding are called in exported files: "conv" for conv_logits and conv_embedding.</param>
/// <param name="Width">The length of the embedding that it takes.</param>
internal sealed record NetworkHead(string Layer, string Branch, int Width)
{
    /// <summary>Name of its logits, [N, C], where a file has them as an output.</summary>
    public string LogitsName => $"{Branch}_logits";

    /// <summary>Name of what it takes, [N, <see cref="Width"/>], in every file.</summary>
    public string EmbeddingName => $"{Branch}_embedding";

    /// <summary>Whether a tensor of the state dict is this layer's: its shape depends on the number of classes.</summary>
    public bool Owns(string tensor) => tensor == $"{Layer}.weight" || tensor == $"{Layer}.bias";
}
