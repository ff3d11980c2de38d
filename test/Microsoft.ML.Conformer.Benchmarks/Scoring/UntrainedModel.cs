using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Models with random weights: what scoring costs does not depend on training.</summary>
internal static class UntrainedModel
{
    /// <summary>The architecture that --network, --variant and --classes name, for images of --size.</summary>
    public static VisionArchitecture Architecture(Arguments given)
    {
        var classes = given.Number("--classes", 1000);
        return given.Text("--network", "Conformer") == "ConTNet"
            ? ConTNetArchitecture.For(given.Choice("--variant", ConTNetVariant.Tiny), classes, given.Number("--size", 224))
            : ConformerArchitecture.For(given.Choice("--variant", ConformerVariant.Tiny), classes);
    }

    public static VisionNetwork Network(VisionArchitecture architecture, double dropPath = 0) => architecture is ConTNetArchitecture conTNet
        ? new ConTNetNetwork(conTNet, dropPath)
        : new ConformerNetwork((ConformerArchitecture)architecture, dropPath);

    /// <summary>What training would leave.</summary>
    public static TrainedModel Of(VisionArchitecture architecture, int imageSize)
    {
        using var network = Network(architecture);
        var weights = new StoredWeights(
            new NetworkWeights(network), architecture.StateDict().Select(tensor => tensor.Name));
        var columns = new ScoringColumns("Image", "Score", "PredictedLabel");
        return new TrainedModel(architecture, weights, imageSize, ClassLabels.Numbered(architecture.NumClasses), columns);
    }

    /// <summary>The model as Fit would give it.</summary>
    public static ImageClassifierTransformer TransformerOf(ConformerVariant variant, int imageSize, int numClasses = 1000) =>
        new(new MLContext(), Of(ConformerArchitecture.For(variant, numClasses), imageSize), new ScoringOptions(), summary: null);
}
