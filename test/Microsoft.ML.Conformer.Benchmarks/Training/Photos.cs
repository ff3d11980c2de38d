using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>A folder with train/ and val/, each with class folders, as labeled images.</summary>
internal sealed class Photos
{
    private readonly MLContext _context;

    public Photos(MLContext context, string folder, int perClass = int.MaxValue)
    {
        _context = context;
        var training = context.Data.LoadFromImageFolder(Path.Combine(folder, "train"));
        var few = context.Data.CreateEnumerable<PhotoFile>(training, reuseRowObject: false)
            .GroupBy(file => file.Label).SelectMany(files => files.Take(perClass)).ToList();
        training = context.Data.LoadFromEnumerable(few);
        var keys = context.Transforms.Conversion.MapValueToKey("Label").Fit(training);
        (TrainingFiles, Training) = (few.Count, Images(keys.Transform(training)));
        Validation = Images(keys.Transform(context.Data.LoadFromImageFolder(Path.Combine(folder, "val"))));
    }

    /// <summary>The training images as training keeps them, for a network of an image size in pixels.</summary>
    public static ImageDataset Read(string folder, int imageSize) => ImageDataset.ForTraining(
        new Photos(new MLContext(0), folder).Training,
        new ImageReadOptions { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new ImagePreprocessor(imageSize, new()) },
        CancellationToken.None);

    public int TrainingFiles { get; }

    public IDataView Training { get; }

    public IDataView Validation { get; }

    private IDataView Images(IDataView files) =>
        _context.Transforms.LoadImages("Image", imageFolder: null, "ImagePath").Fit(files).Transform(files);
}

/// <summary>A row of a data view of files.</summary>
internal sealed class PhotoFile
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";
}
