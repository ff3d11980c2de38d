using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Onnx.Graph.Folding;

/// <summary>
/// A linear layer y = W x + b (W as PyTorch keeps it, [out, in]) with what stands before it folded in: the scale g and shift s of a norm,
/// y = W (g x + s) + b = (W g) x + (W s + b), and a factor for its outputs. Computed in double and rounded once.
/// </summary>
internal sealed record LinearFolding(int Inputs, int Outputs, WeightTensor Weight, WeightTensor? Bias)
{
    /// <summary>The scale and shift of the norm before the layer; null for none.</summary>
    public NormAffine? Norm { get; init; }

    public double Factor { get; init; } = 1;

    /// <summary>The first of the weight's rows that belong to the layer; others belong to layers that are stored with it.</summary>
    public int FirstRow { get; init; }

    /// <summary>The folded weight as a matrix product takes it, [in, out].</summary>
    public WeightTensor FoldWeight() => new((long)Inputs * Outputs, folded =>
    {
        using var stored = Weight.Read();
        var weight = stored.Span.Slice(FirstRow * Inputs, folded.Length);
        var scale = Norm?.Scale.ToArray();
        for (var output = 0; output < Outputs; output++)
            for (var input = 0; input < Inputs; input++)
                folded[input * Outputs + output] = (float)(weight[output * Inputs + input] * (scale?[input] ?? 1.0) * Factor);
    });

    public WeightTensor FoldBias() => new(Outputs, folded => TensorPrimitives.ConvertTruncating<double, float>(ExactBias(), folded));

    public double[] ExactBias()
    {
        var bias = new double[Outputs];
        if (Bias?.ToArray() is { } own)
            TensorPrimitives.ConvertTruncating<float, double>(own.AsSpan(FirstRow, Outputs), bias);
        if (Norm is not null)
            TensorPrimitives.Add(bias, Multiply(Array.ConvertAll(Norm.Shift.ToArray(), value => (double)value)), bias);
        TensorPrimitives.Multiply(bias, Factor, bias);
        return bias;
    }

    /// <summary>The layer's own weight, nothing folded in, times a vector of its inputs.</summary>
    public double[] Multiply(double[] inputs)
    {
        using var stored = Weight.Read();
        var weight = stored.Span[(FirstRow * Inputs)..];
        var product = new double[Outputs];
        for (var output = 0; output < Outputs; output++)
            for (var input = 0; input < Inputs; input++)
                product[output] += weight[output * Inputs + input] * inputs[input];
        return product;
    }
}

/// <summary>The learned scale and shift of a LayerNorm, each of its width.</summary>
internal sealed record NormAffine(WeightTensor Scale, WeightTensor Shift);
