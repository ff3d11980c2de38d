namespace Microsoft.ML.Conformer.Onnx.Graph.Folding;

/// <summary>
/// The linear layers of a self-attention, rewritten so that less is left to compute; the result stays the same. With q = Wq x + bq,
/// k = Wk x + bk, v = Wv x + bv: the scale of q k', mostly 1/sqrt(d), moves into Wq and bq; bk adds the same number to a whole row of
/// q k', which softmax ignores; and as a row of attention weights sums to 1, bv passes through and becomes part of the projection's bias.
/// </summary>
internal sealed class AttentionFolding
{
    private readonly LinearFolding _projection;

    /// <summary>Queries', keys' and values' weight is [3 E, E], their bias [3 E] or null; E is the width of the tokens.</summary>
    public AttentionFolding(
        int width, double scale, NormAffine? norm, WeightTensor qkvWeight, WeightTensor? qkvBias, LinearFolding projection)
    {
        LinearFolding Third(int index, double factor) =>
            new(width, width, qkvWeight, qkvBias) { Norm = norm, FirstRow = index * width, Factor = factor };
        (Query, Key, Value) = (Third(0, scale), Third(1, 1), Third(2, 1));
        _projection = projection;
    }

    public LinearFolding Query { get; }

    /// <summary>Its bias is not needed.</summary>
    public LinearFolding Key { get; }

    /// <summary>Its bias is part of <see cref="FoldProjectionBias"/>.</summary>
    public LinearFolding Value { get; }

    /// <summary>The projection's bias with the values' bias sent through the projection, [E].</summary>
    public WeightTensor FoldProjectionBias() => new(_projection.Outputs, folded =>
    {
        var (own, throughValues) = (_projection.ExactBias(), _projection.Multiply(Value.ExactBias()));
        for (var output = 0; output < folded.Length; output++)
            folded[output] = (float)(own[output] + throughValues[output]);
    });
}
