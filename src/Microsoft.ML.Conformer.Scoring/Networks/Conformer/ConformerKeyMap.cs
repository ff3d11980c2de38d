namespace Microsoft.ML.Conformer.Networks.Conformer;

/// <summary>
/// The names that other code gives to the tensors of the official state dict: mmpretrain's ("backbone." before everything but the
/// heads, which get "head."; other names inside the transformer blocks).
/// </summary>
internal static class ConformerKeyMap
{
    private const string Backbone = "backbone.", Head = "head.";
    private const string FirstTransformer = "trans_1.", LaterTransformer = ".trans_block.";

    private static readonly (string Mmpretrain, string Official)[] _transformerLayers =
        [("ln1.", "norm1."), ("ln2.", "norm2."), ("ffn.layers.0.0.", "mlp.fc1."), ("ffn.layers.1.", "mlp.fc2.")];

    /// <summary>The official name of a tensor; a name that follows none of the conventions stays as it is.</summary>
    public static string ToOfficial(string name)
    {
        if (name.StartsWith(Backbone, StringComparison.Ordinal))
            return RenameLayer(name[Backbone.Length..], layer => layer.Mmpretrain, layer => layer.Official);
        return name.StartsWith(Head, StringComparison.Ordinal) ? name[Head.Length..] : name;
    }

    public static string ToMmpretrain(string officialName) => officialName.Contains("_cls_head.", StringComparison.Ordinal)
        ? Head + officialName
        : Backbone + RenameLayer(officialName, layer => layer.Official, layer => layer.Mmpretrain);

    private static string RenameLayer(
        string name, Func<(string Mmpretrain, string Official), string> from, Func<(string Mmpretrain, string Official), string> to)
    {
        var block = name.IndexOf(LaterTransformer, StringComparison.Ordinal);
        var start = name.StartsWith(FirstTransformer, StringComparison.Ordinal) ? FirstTransformer.Length
            : block >= 0 ? block + LaterTransformer.Length
            : name.Length;
        foreach (var layer in _transformerLayers)
            if (name.AsSpan(start).StartsWith(from(layer), StringComparison.Ordinal))
                return string.Concat(name.AsSpan(0, start), to(layer), name.AsSpan(start + from(layer).Length));
        return name;
    }
}
