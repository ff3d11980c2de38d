using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Onnx.Graph.Folding;

/// <summary>An evaluation-mode BatchNorm, folded into the convolution before it; computed in double and rounded once.</summary>
internal sealed record BatchNormFolding(
    WeightTensor Weight, WeightTensor Bias, WeightTensor RunningMean, WeightTensor RunningVariance, double Epsilon)
{
    /// <summary>The weight, [out, in, kernel, kernel], outputs multiplied by their scale, inputs by theirs if given.</summary>
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

    /// <summary>What each channel is multiplied by, where no convolution takes it.</summary>
    public WeightTensor FoldScale() => new(Weight.Length, folded => TensorPrimitives.ConvertTruncating<double, float>(Scale(), folded));

    private double[] Scale() =>
        [.. Weight.ToArray().Zip(RunningVariance.ToArray(), (weight, variance) => weight / Math.Sqrt(variance + Epsilon))];
}
