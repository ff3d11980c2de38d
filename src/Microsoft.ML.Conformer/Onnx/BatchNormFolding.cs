namespace Microsoft.ML.Conformer.Onnx;

/// <summary>
/// An evaluation-mode BatchNorm as a scale and a shift for each channel, folded into the convolution before it. Computed in double and
/// rounded once.
/// </summary>
internal sealed record BatchNormFolding(
    Func<float[]> Weight, Func<float[]> Bias, Func<float[]> RunningMean, Func<float[]> RunningVariance, double Epsilon)
{
    /// <summary>
    /// The convolution's weight, [out, in, kernel, kernel], each output channel multiplied by its scale, and each input channel by
    /// <paramref name="inputScale"/> if that is given.
    /// </summary>
    public float[] FoldWeight(float[] weight, IReadOnlyList<double>? inputScale = null)
    {
        var scale = Scale();
        var perOutput = weight.Length / scale.Length;
        var perInput = perOutput / (inputScale?.Count ?? 1);
        var folded = new float[weight.Length];
        for (var i = 0; i < folded.Length; i++)
            folded[i] = (float)(weight[i] * scale[i / perOutput] * (inputScale?[i % perOutput / perInput] ?? 1.0));
        return folded;
    }

    /// <summary>The bias of the folded convolution, whose own bias may be null for none.</summary>
    public float[] FoldBias(float[]? convolutionBias)
    {
        var (scale, shift, mean) = (Scale(), Bias(), RunningMean());
        var folded = new float[scale.Length];
        for (var channel = 0; channel < folded.Length; channel++)
            folded[channel] = (float)(shift[channel] + ((convolutionBias?[channel] ?? 0.0) - mean[channel]) * scale[channel]);
        return folded;
    }

    private double[] Scale()
    {
        var (weight, variance) = (Weight(), RunningVariance());
        var scale = new double[weight.Length];
        for (var channel = 0; channel < scale.Length; channel++)
            scale[channel] = weight[channel] / Math.Sqrt(variance[channel] + Epsilon);
        return scale;
    }
}
