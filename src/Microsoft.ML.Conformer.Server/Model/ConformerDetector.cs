using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Data;

namespace Conformer.Server.Model;

/// <summary>An object detector in a file.</summary>
internal sealed class ConformerDetector : IImageModel
{
    private readonly ObjectDetectorTransformer _model;

    /// <summary>Opens and warms up a model.</summary>
    public ConformerDetector(string path, ScoringOptions scoring, CancellationToken stopping) =>
        _model = new MLContext().Model.LoadObjectDetector(path, scoring, weights: new() { CancellationToken = stopping });

    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    public ImageModelFacts Facts => new(
        ModelTask.Detection, LongestSide: _model.LongestSide, ShortestSide: _model.ShortestSide, HasMasks: _model.Architecture.HasMasks);

    public ImageBackground Background => _model.Background;

    public IReadOnlyList<ImageResult> Score(IReadOnlyList<MLImage> images) =>
    [
        .. _model.Detect(images.Count, index => RgbImage.FromMLImage(images[index], Background))
            .Select(found => new DetectorResult(_model, found)),
    ];

    public ImageExplainer OpenExplainer() => throw new InvalidOperationException(
        "It finds objects, and /predict says where they are; maps are made of classifiers.");

    public void Dispose() => _model.Dispose();
}
