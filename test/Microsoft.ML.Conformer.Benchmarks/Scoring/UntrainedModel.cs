using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Models with random weights: what scoring costs does not depend on training.</summary>
internal static class UntrainedModel
{
    /// <summary>What training would leave.</summary>
    public static TrainedModel Of(ConformerVariant variant, int imageSize, int numClasses = 1000)
    {
        var architecture = ConformerArchitecture.For(variant, numClasses);
        using var network = new ConformerNetwork(architecture);
        var weights = new StoredWeights(
            new NetworkWeights(network), architecture.StateDict().Select(tensor => tensor.Name));
        var columns = new ScoringColumns("Image", "Score", "PredictedLabel");
        return new TrainedModel(architecture, weights, imageSize, ClassLabels.Numbered(numClasses), columns);
    }

    /// <summary>The model as Fit would give it.</summary>
    public static ImageClassifierTransformer TransformerOf(ConformerVariant variant, int imageSize, int numClasses = 1000) =>
        new(new MLContext(), Of(variant, imageSize, numClasses), new ScoringOptions(), summary: null);
}
