namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>
/// Adds the network's layers to a graph, each with its weights under their state-dict names. Maps are [N, channels, H, W]; tokens are
/// rows, [rows, width], because a matrix product with bias (Gemm) takes matrices.
/// </summary>
internal sealed class LayerBuilder(GraphBuilder graph, RequiredWeights weights)
{
    /// <summary>A convolution with bias, without padding.</summary>
    public string Conv(string x, string name, int inputs, int outputs, int kernel, int stride)
    {
        var weight = weights.Require($"{name}.weight", outputs, inputs, kernel, kernel);
        var bias = weights.Require($"{name}.bias", outputs);
        return Conv(x, name, [outputs, inputs, kernel, kernel], weight, bias, stride, padding: 0);
    }

    /// <summary>A convolution without bias, padded by half the kernel; inputs are scaled first if asked for.</summary>
    public string PlainConv(string x, string name, int inputs, int outputs, int kernel, int stride, double[]? inputScale = null)
    {
        var weight = weights.Require($"{name}.weight", outputs, inputs, kernel, kernel);
        if (inputScale is not null)
            weight = weight.ScaleInputs(inputScale, kernel);
        return Conv(x, name, [outputs, inputs, kernel, kernel], weight, bias: null, stride, padding: kernel / 2);
    }

    /// <summary>A BatchNorm with no convolution before it that it could be folded into.</summary>
    public string BatchNorm(string x, string name, int channels, double epsilon)
    {
        var folding = BatchNormWeights(name, channels, epsilon);
        var (scale, shift) = (folding.FoldScale(), folding.FoldBias(null));
        var scaled = graph.Add("Mul", $"{name}.scaled", [x, graph.Weight($"{name}.weight", [channels, 1, 1], scale)]);
        return graph.Add("Add", name, [scaled, graph.Weight($"{name}.bias", [channels, 1, 1], shift)]);
    }

    /// <summary>A convolution, padded by half the kernel, and the BatchNorm after it; inputs are scaled first if asked for.</summary>
    public string ConvBatchNorm(
        string x, string conv, string norm, int inputs, int outputs, int kernel, int stride, double epsilon, bool convHasBias = false,
        double[]? inputScale = null)
    {
        var folding = BatchNormWeights(norm, outputs, epsilon);
        var weight = weights.Require($"{conv}.weight", outputs, inputs, kernel, kernel);
        var bias = convHasBias ? weights.Require($"{conv}.bias", outputs) : null;
        return Conv(
            x, conv, [outputs, inputs, kernel, kernel],
            folding.FoldWeight(weight, inputScale), folding.FoldBias(bias), stride, padding: kernel / 2);
    }

    /// <summary>Name of the value that holds an attention's weights, [sequences heads, T, T].</summary>
    public static string AttentionWeights(string name) => $"{name}.softmax";

    public string Relu(string x) => graph.Add("Relu", $"{x}.relu", [x]);

    /// <summary>x Phi(x) by the error function, spelled as runtimes look for it to make one operator of it.</summary>
    public string Gelu(string x)
    {
        var scaled = graph.Add("Div", $"{x}.gelu.scaled", [x, graph.Scalar("sqrt_2", MathF.Sqrt(2))]);
        var erf = graph.Add("Erf", $"{x}.gelu.erf", [scaled]);
        var plusOne = graph.Add("Add", $"{x}.gelu.plus_one", [erf, graph.Scalar("one", 1)]);
        var product = graph.Add("Mul", $"{x}.gelu.product", [x, plusOne]);
        return graph.Add("Mul", $"{x}.gelu", [product, graph.Scalar("half", 0.5f)]);
    }

    /// <summary>
    /// A LayerNorm of rows without its scale and shift, which are returned to be folded into the linear layer that follows. The rows are
    /// normalized as instances of one channel: ONNX Runtime's InstanceNormalization is vectorized, its LayerNormalization is not and takes
    /// over ten times as long.
    /// </summary>
    public (string Rows, NormAffine Affine) Normalize(string rows, string name, int width, double epsilon)
    {
        var instances = graph.Add("Reshape", $"{name}.instances", [rows, graph.Integers(-1, 1, width)]);
        var normalized = graph.Add(
            "InstanceNormalization", name, [instances, graph.Floats(1), graph.Floats(0)], new OnnxAttribute("epsilon", (float)epsilon));
        return (
            graph.Add("Reshape", $"{name}.rows", [normalized, graph.Integers(-1, width)]),
            new NormAffine(weights.Require($"{name}.weight", width), weights.Require($"{name}.bias", width)));
    }

    /// <summary>A LayerNorm of rows; its result is named <paramref name="result"/>, or after the layer.</summary>
    public string LayerNorm(string rows, string name, int width, double epsilon, string? result = null)
    {
        var (normalized, affine) = Normalize(rows, name, width, epsilon);
        // A shift of one dimension would be fused with a GELU after it, into an operator slower than the two.
        var scaled = graph.Add("Mul", $"{name}.scaled", [normalized, graph.Weight($"{name}.weight", [1, width], affine.Scale)]);
        return graph.Add("Add", result ?? $"{name}.shifted", [scaled, graph.Weight($"{name}.bias", [1, width], affine.Shift)]);
    }

    public string Linear(string rows, string name, int inputs, int outputs, NormAffine? norm = null)
    {
        var folding = LinearWeights(name, inputs, outputs, norm);
        return Linear(rows, name, folding, folding.FoldBias());
    }

    public string PointwiseConv(string rows, string name, int inputs, int outputs)
    {
        var folding = new LinearFolding(
            inputs, outputs, weights.Require($"{name}.weight", outputs, inputs, 1, 1), weights.Require($"{name}.bias", outputs));
        return Linear(rows, name, folding, folding.FoldBias());
    }

    /// <summary>
    /// A multi-head self-attention. Rows are ordered token by token, all sequences' first tokens before all second ones, [T S, width]: all
    /// heads of all sequences are then one dimension beside the tokens', and products take it as it lies in memory. The other order needs
    /// copies of queries, keys and values.
    /// </summary>
    /// <param name="rows">The tokens.</param>
    /// <param name="name">The layer's name in the state dict.</param>
    /// <param name="width">The tokens' width.</param>
    /// <param name="heads">A divisor of it.</param>
    /// <param name="scale">What products of queries and keys are multiplied by.</param>
    /// <param name="tokens">The length of a sequence.</param>
    /// <param name="qkvBias">Whether queries, keys and values have a bias.</param>
    /// <param name="norm">Of the norm before the layer, to be folded into it; null for none.</param>
    /// <param name="positions">What is added to the products, [heads, T, T]; null for nothing.</param>
    public string SelfAttention(
        string rows, string name, int width, int heads, double scale, GraphSize tokens, bool qkvBias, NormAffine? norm,
        WeightTensor? positions = null)
    {
        var headDim = width / heads;
        var projection = LinearWeights($"{name}.proj", width, width, norm: null);
        var folding = new AttentionFolding(
            width, scale, norm,
            weights.Require($"{name}.qkv.weight", 3 * width, width),
            qkvBias ? weights.Require($"{name}.qkv.bias", 3 * width) : null,
            projection);

        var split = graph.Shape(tokens, -1, headDim);
        string Heads(string branch, params long[] permutation)
        {
            var perHead = graph.Add("Reshape", $"{branch}.split", [branch, split]); // [T, S heads, d]
            return graph.Add("Transpose", $"{branch}.heads", [perHead], new OnnxAttribute("perm", permutation));
        }
        var query = Heads(Linear(rows, $"{name}.q", folding.Query, folding.Query.FoldBias()), 1, 0, 2); // [S heads, T, d]
        var key = Heads(Linear(rows, $"{name}.k", folding.Key, bias: null), 1, 2, 0); // [S heads, d, T]
        var value = Heads(Linear(rows, $"{name}.v", folding.Value, bias: null), 1, 0, 2); // [S heads, T, d]

        var scores = graph.Add("MatMul", $"{name}.scores", [query, key]); // [S heads, T, T]
        if (positions is not null)
        {
            var count = tokens.Number!.Value; // positions are of windows, whose size is fixed
            var perHead = graph.Add("Reshape", $"{name}.scores.heads", [scores, graph.Integers(-1, heads, count, count)]);
            var added = graph.Weight($"{name}.positions", [heads, count, count], positions);
            perHead = graph.Add("Add", $"{name}.positioned", [perHead, added]);
            scores = graph.Add("Reshape", $"{name}.positioned.scores", [perHead, graph.Integers(-1, count, count)]);
        }
        var attention = graph.Add("Softmax", AttentionWeights(name), [scores], new OnnxAttribute("axis", -1L));
        var mixed = graph.Add("MatMul", $"{name}.mixed", [attention, value]); // [S heads, T, d]
        var tokensFirst = graph.Add("Transpose", $"{name}.tokens", [mixed], new OnnxAttribute("perm", new long[] { 1, 0, 2 }));
        var merged = graph.Add("Reshape", $"{name}.merged", [tokensFirst, graph.Integers(-1, width)]);
        return Linear(merged, $"{name}.proj", projection, folding.FoldProjectionBias());
    }

    private BatchNormFolding BatchNormWeights(string name, int channels, double epsilon) => new(
        weights.Require($"{name}.weight", channels), weights.Require($"{name}.bias", channels),
        weights.Require($"{name}.running_mean", channels), weights.Require($"{name}.running_var", channels), epsilon);

    private LinearFolding LinearWeights(string name, int inputs, int outputs, NormAffine? norm) =>
        new(inputs, outputs, weights.Require($"{name}.weight", outputs, inputs), weights.Require($"{name}.bias", outputs)) { Norm = norm };

    private string Linear(string rows, string name, LinearFolding folding, WeightTensor? bias)
    {
        var weight = graph.Weight($"{name}.weight", [folding.Inputs, folding.Outputs], folding.FoldWeight());
        string[] inputs = bias is null ? [rows, weight] : [rows, weight, graph.Weight($"{name}.bias", [folding.Outputs], bias)];
        return graph.Add("Gemm", name, inputs);
    }

    private string Conv(
        string x, string name, IReadOnlyList<long> shape, WeightTensor weight, WeightTensor? bias, int stride, int padding) => graph.Add(
        "Conv", name,
        [
            x, graph.Weight($"{name}.weight", shape, weight),
            .. bias is null ? Array.Empty<string>() : [graph.Weight($"{name}.bias", [shape[0]], bias)],
        ],
        new("dilations", new long[] { 1, 1 }),
        new("group", 1L),
        new("kernel_shape", new[] { shape[2], shape[3] }),
        new("pads", new long[] { padding, padding, padding, padding }),
        new("strides", new long[] { stride, stride }));
}
