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

    public ModelFacts Facts => new(
        ModelTask.Detection, LongestSide: _model.LongestSide, ShortestSide: _model.ShortestSide, HasMasks: _model.Architecture.HasMasks);

    public ImageBackground Background => _model.Background;

    /// <summary>Masks are made when they are asked for, since most of a photo's hundred objects are below any threshold.</summary>
    public IReadOnlyList<ImageResult> Score(IReadOnlyList<MLImage> images) =>
    [
        .. _model.Detect(images.Select(image => RgbImage.FromMLImage(image, Background))).Select(all => new FoundObjects(
            all.Width, all.Height,
            [.. all.Found.Select(one => new FoundObject(
                one.Label, one.Score, [one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1],
                one.Mask is null ? null : () => all.MaskOf(one, _model.Rules.MaskThreshold).ToString()))])),
    ];

    public ImageExplainer OpenExplainer() => throw new InvalidOperationException(
        "It finds objects, and /predict says where they are; maps are made of classifiers.");

    public void Dispose() => _model.Dispose();
}
