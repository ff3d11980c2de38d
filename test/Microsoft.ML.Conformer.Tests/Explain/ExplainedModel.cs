using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Explain;

/// <summary>Networks of formula weights that are large enough for maps of several places: 2 x 2 of classes, 4 x 4 patches.</summary>
internal static class ExplainedModel
{
    public const int Side = 64;

    /// <summary>It has all stages.</summary>
    public static ConformerArchitecture Conformer => FeatureModel.Architecture;

    public static ConTNetArchitecture ConTNet { get; } = new()
    {
        NumClasses = 3,
        StemWidth = 8,
        Stages = [.. Enumerable.Repeat(new ConTNetStage { MlpWidth = 8, NumHeads = 1, FirstWindow = 2, SecondWindow = 2 }, 4)],
    };

    public static ImageClassifierTransformer Create(
        MLContext context, VisionArchitecture architecture, string[]? classes = null, ScoringOptions? options = null,
        IWeightSource? weights = null)
    {
        var names = (classes ?? Photo.Classes).Select(name => name.AsMemory()).ToArray();
        var model = new TrainedModel(
            architecture, weights ?? ExportedGraph.Weights(architecture), Side,
            new ClassLabels<ReadOnlyMemory<char>>(names, TextDataViewType.Instance, haveKeyValues: true),
            new ScoringColumns("Image", "Score", "PredictedLabel"));
        return new ImageClassifierTransformer(context, model, options ?? new ScoringOptions(), summary: null);
    }
}
