using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Features;

/// <summary>A small network that has all maps, saved in every form that features are extracted from.</summary>
internal static class FeatureModel
{
    public const int ImageSize = 32;

    public static readonly ConformerArchitecture Architecture = new()
    {
        NumClasses = 3,
        ChannelRatio = 0.25,
        EmbedDim = 24,
        NumHeads = 2,
        Depth = 6,
        MlpRatio = 2,
    };

    public static readonly FormulaWeights Weights = ExportedGraph.Weights(Architecture);

    /// <summary>The model over the classes of a label column.</summary>
    public static TrainedModel Create(IDataView data) => new(
        Architecture, Weights, ImageSize, ClassLabels.Of(data.Schema["Label"]), new ScoringColumns("Image", "Score", "PredictedLabel"));

    /// <summary>Saves it as an ONNX file, whose input is normalized for scoring here, or pixels for ML.NET.</summary>
    public static void Save(TrainedModel model, string path, bool portable)
    {
        if (!portable)
        {
            model.SaveOnnx(path, new OnnxExportOptions());
            return;
        }
        using var stream = File.Create(path);
        model.WritePortableOnnx(stream);
    }

    /// <summary>Class probabilities as the two heads make them of both embeddings.</summary>
    public static float[] ScoresOf(float[] convEmbedding, float[] transformerEmbedding)
    {
        var logits = Linear("conv_cls_head", convEmbedding).Zip(Linear("trans_cls_head", transformerEmbedding), (x, y) => x + y).ToArray();
        var exponentials = logits.Select(logit => Math.Exp(logit - logits.Max())).ToArray();
        return [.. exponentials.Select(value => (float)(value / exponentials.Sum()))];
    }

    private static double[] Linear(string layer, float[] x)
    {
        var (weight, bias) = (Weights.Read($"{layer}.weight"), Weights.Read($"{layer}.bias"));
        return [.. bias.Select((b, row) => b + x.Select((value, i) => (double)value * weight[row * x.Length + i]).Sum())];
    }
}

/// <summary>What the tests read with a PredictionEngine.</summary>
internal sealed class Embeddings
{
    public float[] ConvEmbedding { get; set; } = [];

    public float[] TransformerEmbedding { get; set; } = [];
}
