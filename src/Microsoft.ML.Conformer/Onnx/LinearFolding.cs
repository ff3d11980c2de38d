namespace Microsoft.ML.Conformer.Onnx;

/// <summary>
/// A linear layer y = W x + b (W as PyTorch keeps it, [out, in]) with what stands before it folded in: the scale g and shift s of a norm,
/// y = W (g x + s) + b = (W g) x + (W s + b), and a factor for its outputs. Computed in double and rounded once.
/// </summary>
internal sealed record LinearFolding(int Inputs, int Outputs, Func<float[]> Weight, Func<float[]>? Bias)
{
    /// <summary>The scale and shift of the norm before the layer; null for none.</summary>
    public NormAffine? Norm { get; init; }

    /// <summary>Multiplies the outputs.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The first of the weight's rows that belong to the layer; others belong to layers that are stored with it.</summary>
    public int FirstRow { get; init; }

    /// <summary>The folded weight as a matrix product takes it, [in, out].</summary>
    public float[] FoldWeight()
    {
        var (weight, scale) = (Weight(), Norm?.Scale());
        var folded = new float[Inputs * Outputs];
        for (var output = 0; output < Outputs; output++)
            for (var input = 0; input < Inputs; input++)
                folded[input * Outputs + output] =
                    (float)(weight[(FirstRow + output) * Inputs + input] * (scale?[input] ?? 1.0) * Factor);
        return folded;
    }

    /// <summary>The folded bias, [out].</summary>
    public float[] FoldBias() => [.. ExactBias().Select(value => (float)value)];

    /// <summary>The folded bias before it is rounded.</summary>
    public double[] ExactBias()
    {
        var bias = new double[Outputs];
        if (Bias?.Invoke() is { } own)
            for (var output = 0; output < Outputs; output++)
                bias[output] = own[FirstRow + output];
        if (Norm is not null)
        {
            var shift = Array.ConvertAll(Norm.Shift(), value => (double)value);
            var shifted = Multiply(Weight(), FirstRow, Outputs, shift);
            for (var output = 0; output < Outputs; output++)
                bias[output] += shifted[output];
        }
        for (var output = 0; output < Outputs; output++)
            bias[output] *= Factor;
        return bias;
    }

    /// <summary>Rows of a matrix times a vector.</summary>
    public static double[] Multiply(float[] matrix, int firstRow, int rows, double[] vector)
    {
        var product = new double[rows];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < vector.Length; column++)
                product[row] += matrix[(firstRow + row) * vector.Length + column] * vector[column];
        return product;
    }
}

/// <summary>The learned scale and shift of a LayerNorm, each of its width.</summary>
internal sealed record NormAffine(Func<float[]> Scale, Func<float[]> Shift);
