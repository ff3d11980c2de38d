using System.Text.Json;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>
/// A golden file of the kind conformer-eval, conformer-eval-mmpretrain or contnet-eval: a network by formula and the logits it must give.
/// </summary>
internal sealed class EvalGolden
{
    private readonly JsonElement _root;

    private readonly string _file;

    private EvalGolden(string? file)
    {
        _root = GoldenFiles.Read(file);
        _file = file!;
        Architecture = GoldenArchitecture.Read(_root.GetProperty("constructor"));
        IsSmall = Architecture.StateDict().Sum(tensor => tensor.Count) < 2_000_000;
    }

    public VisionArchitecture Architecture { get; }

    /// <summary>A test network of a few layers, whose fp32 noise is about 1e-6, rather than a published variant.</summary>
    public bool IsSmall { get; }

    /// <summary>Largest deviation of a logit that rounding explains.</summary>
    public double Tolerance => IsSmall ? 2e-5 : 1e-4;

    /// <summary>Test cases: every file that has logits.</summary>
    public static IEnumerable<object?[]> WithLogits => Files(golden => golden.Cases().Any());

    /// <summary>Test cases: every file of a small network that has logits.</summary>
    public static IEnumerable<object?[]> SmallWithLogits => Files(golden => golden.IsSmall && golden.Cases().Any());

    /// <summary>Test cases: every file of a small network that has values inside the network.</summary>
    public static IEnumerable<object?[]> WithCheckpoints =>
        Files(golden => golden.IsSmall && golden.Cases().Any(@case => @case.Checkpoints.Count > 0));

    /// <summary>Test cases: every file that lists its state dict.</summary>
    public static IEnumerable<object?[]> WithStateDict => Files(golden => golden.StateDict is not null);

    /// <summary>Test cases: every file that counts multiplications.</summary>
    public static IEnumerable<object?[]> WithMacs => Files(golden => golden.Macs.Any());

    /// <param name="file">Of a test case; where it is null, the test ends as inconclusive.</param>
    public static EvalGolden Open(string? file) => new(file);

    /// <summary>The parameter count where the file gives it.</summary>
    public long? ParameterCount => _root.TryGetProperty("param_count", out var count) ? count.GetInt64() : null;

    /// <summary>The state dict's names and shapes, in order, where the file gives them.</summary>
    public IReadOnlyList<(string Name, long[] Shape)>? StateDict => _root.TryGetProperty("state_dict", out var list)
        ? [.. list.EnumerateArray().Select(e => (e[0].GetString()!, e[1].EnumerateArray().Select(d => d.GetInt64()).ToArray()))]
        : null;

    /// <summary>MACs of one image by the kind of layer, where the file gives them.</summary>
    public IEnumerable<(int Height, int Width, long Conv, long Linear, long Attention)> Macs =>
        _root.TryGetProperty("macs_per_image", out var sizes)
            ? sizes.EnumerateObject().Select(size => (
                int.Parse(size.Name.Split('x')[0]),
                int.Parse(size.Name.Split('x')[1]),
                size.Value.GetProperty("conv").GetInt64(),
                size.Value.GetProperty("linear").GetInt64(),
                size.Value.GetProperty("attention_matmul").GetInt64()))
            : [];

    public FormulaWeights Weights(IReadOnlyDictionary<string, long[]> shapes)
    {
        var weights = new FormulaWeights(shapes, _root.TryGetProperty("weight_seed", out var seed) ? seed.GetInt32() : 0);
        if (_root.TryGetProperty("multiply", out var factors))
            foreach (var rule in factors.EnumerateArray())
                weights.Multiply(rule[0].GetString()!, rule[1].GetDouble());
        return weights;
    }

    public IEnumerable<Case> Cases() => _root.GetProperty("cases").EnumerateArray()
        .Where(c => HeadNames.All(head => c.TryGetProperty(head, out _)))
        .Select(c => new Case(
            c.GetProperty("height").GetInt32(),
            c.GetProperty("width").GetInt32(),
            [.. c.GetProperty("images").EnumerateArray().Select(i => i.GetInt32())],
            Architecture.InputChannels,
            c.TryGetProperty("input_seed", out var seed) || _root.TryGetProperty("input_seed", out seed) ? seed.GetInt32() : 0,
            [.. HeadNames.Select(head => Rows(c.GetProperty(head)))],
            c.TryGetProperty("checkpoints_image0", out var checkpoints)
                ? checkpoints.EnumerateObject().ToDictionary(one => one.Name, one => new Checkpoint(one.Value))
                : []));

    /// <summary>
    /// Where the reference has one of the features, of a single flag; of tokens it begins with the class token. Null where the network has no
    /// such feature, or the reference no name for it.
    /// </summary>
    public string? CheckpointOf(ImageFeatures feature) => feature switch
    {
        ImageFeatures.C2 when !Architecture.FeatureLevels.Contains(2) => null,
        ImageFeatures.C3 when !Architecture.FeatureLevels.Contains(3) => null,
        ImageFeatures.C4 when !Architecture.FeatureLevels.Contains(4) => null,
        ImageFeatures.C5 when !Architecture.FeatureLevels.Contains(5) => null,
        _ when Architecture is ConTNetArchitecture conTNet => CheckpointOf(feature, conTNet),
        _ => CheckpointOf(feature, ((ConformerArchitecture)Architecture).Depth),
    };

    /// <summary>A ConTNet's maps before a stage's last convolution, and the last map of all.</summary>
    private static string? CheckpointOf(ImageFeatures feature, ConTNetArchitecture architecture)
    {
        ImageFeatures[] maps = [ImageFeatures.C2, ImageFeatures.C3, ImageFeatures.C4, ImageFeatures.C5];
        var stage = Array.IndexOf(maps, feature);
        if (stage < 0)
            return null;
        var block = architecture.Blocks().Last(block => block.StageIndex == stage);
        return block.IsLast ? block.Name : $"{block.Name}.ste2";
    }

    private static string CheckpointOf(ImageFeatures feature, int depth)
    {
        var stage = depth / 3;
        return feature switch
        {
            ImageFeatures.ConvEmbedding => "pooling",
            ImageFeatures.TransformerEmbedding => "trans_norm",
            ImageFeatures.C2 => stage == 1 ? "conv_1" : $"conv_trans_{stage}.x",
            ImageFeatures.C3 => $"conv_trans_{2 * stage}.x",
            ImageFeatures.C4 => $"conv_trans_{depth - 1}.x",
            ImageFeatures.C5 => $"conv_trans_{depth}.x",
            _ => throw new ArgumentOutOfRangeException(nameof(feature), feature, "It must be a single feature."),
        };
    }

    public override string ToString() => _file;

    private static IEnumerable<object?[]> Files(Func<EvalGolden, bool> has) =>
        ((string[])["conformer-eval", "conformer-eval-mmpretrain", "contnet-eval"]).SelectMany(GoldenFiles.OfKind)
            .Where(file => has(new EvalGolden(file))).Cases();

    /// <summary>What the file calls the logits of the architecture's heads, in order.</summary>
    private string[] HeadNames => Architecture is ConTNetArchitecture ? ["logits"] : ["conv_cls", "tran_cls"];

    private static double[][] Rows(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray())];

    /// <summary>
    /// One batch of formula images and each head's logits, [image][class], and values inside the network for the first image, where the
    /// file has any.
    /// </summary>
    public sealed record Case(
        int Height, int Width, int[] Images, int Channels, int Seed, double[][][] Logits, IReadOnlyDictionary<string, Checkpoint> Checkpoints)
    {
        /// <summary>The batch, [N, Channels, Height, Width] in row-major order.</summary>
        public float[] Pixels() => [.. Images.SelectMany(k => Formula.Image(k, Height, Width, Seed, Channels))];
    }
}
