using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace FineTune;

/// <summary>The main job as an ML.NET pipeline: from image files and labels to a model that names the class.</summary>
internal static class FineTuning
{
    /// <summary>Fits the pipeline.</summary>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="training">Images to train on: columns ImagePath and Label, a key.</param>
    /// <param name="validation">Images to validate with after each epoch: the same columns, the same keys.</param>
    /// <param name="settings">What the command line asks for.</param>
    /// <param name="progress">Told about each step and epoch.</param>
    /// <param name="cancellation">Stops training.</param>
    public static TransformerChain<KeyToValueMappingTransformer> Train(
        MLContext mlContext, IDataView training, IDataView validation, Settings settings, IProgress<TrainingProgress> progress,
        CancellationToken cancellation)
    {
        var generated = settings.DataFolder is null;
        var learningRate = settings.LearningRate ?? (generated ? 1e-3 : 5e-4);
        var loadImages = mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "ImagePath");
        var options = new ConformerTrainer.Options
        {
            LabelColumnName = "Label",
            ImageColumnName = "Image",
            Variant = settings.Variant ?? ConformerVariant.Tiny,
            Architecture = generated && settings is { Variant: null, Weights: null } ? GeneratedImageNetwork.Architecture : null,
            PretrainedWeights = settings.Weights,
            DownloadProgress = new DownloadLines(),
            ImageSize = settings.ImageSize ?? (generated ? GeneratedImageNetwork.ImageSize : 224),
            Epochs = settings.Epochs ?? 30,
            BatchSize = settings.BatchSize ?? 32,
            LearningRate = learningRate,
            Validation = { Data = loadImages.Fit(validation).Transform(validation) },
            Seed = settings.Seed,
            Device = settings.Device,
            Threads = settings.Threads,
            BadImages = settings.SkipBadImages ? BadImagePolicy.Skip : BadImagePolicy.Throw,
            Progress = progress,
            CancellationToken = cancellation,
        };
        return loadImages
            .Append(mlContext.MulticlassClassification.Trainers.Conformer(options))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"))
            .Fit(training);
    }
}
