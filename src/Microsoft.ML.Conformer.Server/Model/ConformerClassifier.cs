using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Conformer.Server.Model;

/// <summary>A Conformer in a file, scored by one Transform over a data view of the images.</summary>
internal sealed class ConformerClassifier : IImageModel
{
    /// <summary>In pixels: sharp at the size that the page shows, and a few 100 kB for all maps.</summary>
    private const int OverlaySize = 256;

    private readonly MLContext _mlContext = new();
    private readonly ImageClassifierTransformer _model;

    /// <summary>Opens and warms up a model.</summary>
    public ConformerClassifier(string path, ScoringOptions scoring, CancellationToken stopping) =>
        _model = _mlContext.Model.LoadImageClassifier(path, scoring, weights: new()
        {
            CancellationToken = stopping,
            ExternalDataFolder = Path.GetDirectoryName(path), // who names the model names what is beside it
        });

    public IReadOnlyList<string> ClassNames => _model.ClassNames;

    public ImageModelFacts Facts => new(ModelTask.Classification, _model.ImageSize);

    public ImageBackground Background => _model.Background;

    public IReadOnlyList<ImageResult> Score(IReadOnlyList<MLImage> images)
    {
        var rows = _mlContext.Data.LoadFromEnumerable(images.Select(image => new Row { Image = image }).ToList());
        return [.. _model.Transform(rows).GetColumn<float[]>("Score").Select(scores => new ClassScores(scores))];
    }

    public ImageExplainer OpenExplainer() =>
        _model.CreateExplainer(new ExplanationOptions { IncludeStages = false, PictureSize = OverlaySize });

    public void Dispose() => _model.Dispose();

    private sealed class Row
    {
        // ML.NET insists on a size, and takes images of any.
        [ImageType(1, 1)]
        public MLImage? Image { get; set; }
    }
}
