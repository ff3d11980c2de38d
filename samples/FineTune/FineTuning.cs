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
    /// <param name="options">How to train; told of the validation images.</param>
    public static TransformerChain<KeyToValueMappingTransformer> Train(
        MLContext mlContext, IDataView training, IDataView validation, ConformerTrainer.Options options)
    {
        options.Validation.Data = LoadImages(mlContext, validation);
        return mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "ImagePath")
            .Append(mlContext.MulticlassClassification.Trainers.Conformer(options))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"))
            .Fit(training);
    }

    /// <summary>Adds the column Image, the images that the column ImagePath names.</summary>
    public static IDataView LoadImages(MLContext mlContext, IDataView files) =>
        mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "ImagePath").Fit(files).Transform(files);
}
