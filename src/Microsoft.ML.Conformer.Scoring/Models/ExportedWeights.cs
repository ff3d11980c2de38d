using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Models;

/// <summary>
/// The weights of a network that was exported, from the constants of its ONNX file, so that it can be exported in another form. What the
/// export folded stays folded: batch norms and the norms before linear layers are the identity, and keys and values have no bias. The
/// network is the same function, and exporting it again gives the same constants.
/// </summary>
internal sealed class ExportedWeights : IWeightSource
{
    private readonly OnnxFileContents _file;
    private readonly OnnxModelMetadata _metadata;
    private readonly Dictionary<string, IReadOnlyList<long>> _shapes;

    /// <param name="file">The file.</param>
    /// <param name="metadata">What the file says about itself.</param>
    /// <exception cref="FormatException">The file has not all weights of its network as float numbers.</exception>
    public ExportedWeights(OnnxFileContents file, OnnxModelMetadata metadata)
    {
        (_file, _metadata) = (file, metadata);
        // A norm's shift before the queries became their bias.
        Architecture = (ConformerArchitecture)metadata.Architecture with { QkvBias = true };
        _shapes = Architecture.StateDict().Where(tensor => !tensor.IsBatchCounter)
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        var faulty = _shapes.Keys.Where(name => !HoldsAll(name)).ToList();
        if (faulty.Count > 0)
        {
            throw new FormatException(
                $"It does not hold all weights as float numbers: {faulty.Count} are missing or misshapen, the first is '{faulty[0]}'.");
        }
    }

    /// <summary>The architecture of which these are all weights.</summary>
    public ConformerArchitecture Architecture { get; }

    public bool Contains(string name) => _shapes.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _shapes[name];

    public float[] Read(string name)
    {
        var (layer, kind) = Split(name);
        var shape = _shapes[name];
        if (BatchNormConvolution(layer) is { } convolution)
            return BatchNorm(kind, layer, convolution, shape);
        if (IsFoldedNorm(layer))
            return Filled(shape, kind == "weight" ? 1 : 0);
        if (IsQkv(layer))
            return kind == "weight" ? QkvWeight(layer) : QkvBias(layer);
        if (layer.EndsWith(".expand_block.conv_project", StringComparison.Ordinal) && kind == "bias")
            return Filled(shape, 0); // it is the batch norm's shift
        return layer == "conv1" ? StemWeight() : Stored(name, shape);
    }

    /// <summary>The constants of the file from which a tensor is made.</summary>
    private static IEnumerable<string> StoredNames(string name)
    {
        var (layer, kind) = Split(name);
        if (BatchNormConvolution(layer) is { } convolution)
            return [$"{convolution}.bias"];
        if (IsFoldedNorm(layer))
            return [];
        if (!IsQkv(layer))
            return [name];
        var attention = layer[..^".qkv".Length];
        return kind == "weight" ? [$"{attention}.q.weight", $"{attention}.k.weight", $"{attention}.v.weight"] : [$"{attention}.q.bias"];
    }

    /// <summary>Whether the file has the constants for a tensor, in a shape that the export gives them.</summary>
    private bool HoldsAll(string name)
    {
        IReadOnlyList<long> shape = Split(name) switch
        {
            (var layer, "weight") when IsQkv(layer) => [Architecture.EmbedDim, Architecture.EmbedDim], // of each of the three
            (var layer, "bias") when IsQkv(layer) => [Architecture.EmbedDim], // of the queries
            _ => _shapes[name],
        };
        return StoredNames(name).All(stored => _file.Contains(stored) && IsStored(_file.Shape(stored), shape));
    }

    /// <summary>A tensor is stored in its shape, a matrix or 1x1 convolution as [in, out], a norm's scale and shift as [1, width].</summary>
    private static bool IsStored(IReadOnlyList<long> stored, IReadOnlyList<long> shape) =>
        stored.SequenceEqual(shape)
        || (shape is [var outputs, var inputs, ..] && shape.Skip(2).All(size => size == 1) && stored.SequenceEqual([inputs, outputs]))
        || (shape is [var width] && stored.SequenceEqual([1, width]));

    private static bool IsQkv(string layer) => layer.EndsWith(".attn.qkv", StringComparison.Ordinal);

    private static (string Layer, string Kind) Split(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
    }

    /// <summary>The convolution before a batch norm; null for another layer.</summary>
    private static string? BatchNormConvolution(string layer)
    {
        var last = layer.LastIndexOf('.') + 1;
        return layer[last..] switch
        {
            "bn" => $"{layer[..last]}conv_project",
            "residual_bn" => $"{layer[..last]}residual_conv",
            "bn1" or "bn2" or "bn3" => $"{layer[..last]}conv{layer[^1]}",
            _ => null,
        };
    }

    private static bool IsFoldedNorm(string layer) =>
        layer.EndsWith(".norm1", StringComparison.Ordinal) || layer.EndsWith(".norm2", StringComparison.Ordinal);

    /// <summary>A batch norm that changes nothing but adds the folded bias.</summary>
    private float[] BatchNorm(string kind, string layer, string convolution, IReadOnlyList<long> shape) => kind switch
    {
        "weight" => Filled(shape, 1),
        "bias" => _file.Read($"{convolution}.bias"),
        "running_mean" => Filled(shape, 0),
        // Rounded to float, this is so near that no weight changes when it is folded again.
        _ => Filled(shape, (float)(1 - (layer == "bn1" ? 1e-5 : 1e-6))),
    };

    /// <summary>conv1's weight without what the graph's input has it do.</summary>
    private float[] StemWeight()
    {
        var weight = _file.Read("conv1.weight");
        if (_metadata.InputKind == OnnxInputKind.NormalizedNchw)
            return weight;
        var std = _metadata.Preprocessing.Std;
        var perOutput = weight.Length / ConformerArchitecture.StemChannels;
        for (var i = 0; i < weight.Length; i++)
            weight[i] = (float)(weight[i] * ((double)byte.MaxValue * std[i % perOutput / (perOutput / std.Count)]));
        return weight;
    }

    private float[] QkvWeight(string layer)
    {
        var attention = layer[..^".qkv".Length];
        var query = Transposed($"{attention}.q.weight");
        for (var i = 0; i < query.Length; i++)
            query[i] = (float)(query[i] * QueryScale);
        return [.. query, .. Transposed($"{attention}.k.weight"), .. Transposed($"{attention}.v.weight")];
    }

    private float[] QkvBias(string layer)
    {
        var query = _file.Read($"{layer[..^".qkv".Length]}.q.bias");
        var bias = new float[3 * query.Length];
        for (var i = 0; i < query.Length; i++)
            bias[i] = (float)(query[i] * QueryScale);
        return bias;
    }

    private double QueryScale => 1 / Architecture.AttentionScale;

    /// <summary>A tensor that the file has too; matrices stand there as a product takes them, [in, out].</summary>
    private float[] Stored(string name, IReadOnlyList<long> shape) =>
        shape.Count >= 2 && _file.Shape(name) is [var inputs, var outputs] && shape[0] == outputs && shape[1] == inputs
        && name.EndsWith(".weight", StringComparison.Ordinal)
            ? Transposed(name)
            : _file.Read(name);

    private float[] Transposed(string name)
    {
        var (values, rows, columns) = (_file.Read(name), (int)_file.Shape(name)[0], (int)_file.Shape(name)[1]);
        var transposed = new float[values.Length];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                transposed[column * rows + row] = values[row * columns + column];
        return transposed;
    }

    private static float[] Filled(IReadOnlyList<long> shape, float value)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        Array.Fill(values, value);
        return values;
    }
}
