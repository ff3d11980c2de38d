using Microsoft.ML.Conformer.Modeling;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Models with random weights: what scoring costs does not depend on training.</summary>
internal static class UntrainedModel
{
    /// <summary>What training would leave; it reads the network, which must live as long.</summary>
    public static TrainedModel Of(ConformerNetwork network, int imageSize)
    {
        var labels = ClassLabels.Numbered(network.Architecture.NumClasses);
        var columns = new ScoringColumns("Image", "Score", "PredictedLabel");
        return new TrainedModel(network.Architecture, new NetworkWeights(network), imageSize, labels, columns);
    }

    /// <summary>The model as Fit would give it.</summary>
    public static ConformerTransformer TransformerOf(ConformerNetwork network, int imageSize) =>
        new(Of(network, imageSize), new TrainingSummary
        {
            Device = "cpu",
            TrainingImages = 0,
            ValidationImages = 0,
            BestEpoch = 1,
            ValidationAccuracies = [],
            TrainMillisecondsPerImage = 0,
        });
}
