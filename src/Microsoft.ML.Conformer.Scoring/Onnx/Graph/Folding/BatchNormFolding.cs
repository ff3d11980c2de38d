namespace Microsoft.ML.Conformer.Onnx.Graph.Folding;

/// <summary>
/// An evaluation-mode BatchNorm as a scale and a shift for each channel, folded into the convolution before it. Computed in double and
/// rounded once.
/// </summary>
internal sealed record BatchNormFolding(
    WeightTensor Weight, WeightTensor Bias, WeightTensor RunningMean, WeightTensor RunningVariance, double Epsilon)
{
    /// <summary>
    /// The convolution's weight, [out, in, kernel, kernel], each output channel multiplied by its scale, and each input channel by
    /// <paramref name="inputScale"/> if that is given.
    /// </summary>
    public WeightTensor FoldWeight(WeightTensor weight, IReadOnlyList<double>? inputScale = null) => new(weight.Length, folded =>
    {
        weight.CopyTo(folded);
        var scale = Scale();
        var perOutput = folded.Length / scale.Length;
        var perInput = perOutput / (inputScale?.Count ?? 1);
        for (var i = 0; i < folded.Length; i++)
            folded[i] = (float)(folded[i] * scale[i / perOutput] * (inputScale?[i % perOutput / perInput] ?? 1.0));
    });

    /// <summary>The bias of the folded convolution, whose own bias may be null for none.</summary>
    public WeightTensor FoldBias(WeightTensor? convolutionBias) => new(Bias.Length, folded =>
    {
        var (scale, shift, mean, own) = (Scale(), Bias.ToArray(), RunningMean.ToArray(), convolutionBias?.ToArray());
        for (var channel = 0; channel < folded.Length; channel++)
            folded[channel] = (float)(shift[channel] + ((own?[channel] ?? 0.0) - mean[channel]) * scale[channel]);
    });

    private double[] Scale()
    {
        var (weight, variance) = (Weight.ToArray(), RunningVariance.ToArray());
        var scale = new double[weight.Length];
        for (var channel = 0; channel < scale.Length; channel++)
            scale[channel] = weight[channel] / Math.Sqrt(variance[channel] + Epsilon);
        return scale;
    }
}
