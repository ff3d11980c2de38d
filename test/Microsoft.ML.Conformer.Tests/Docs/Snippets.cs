using Microsoft.ML.Conformer.Data;

namespace Microsoft.ML.Conformer.Tests.Docs;

/// <summary>The code of README.md and docs/, so that it compiles; <see cref="SnippetTests"/> compares the two.</summary>
internal static class Snippets
{
    public static void Readme()
    {
        #region README.md
        var mlContext = new MLContext(seed: 1);
        var files = mlContext.Data.LoadFromImageFolder("photos"); // columns ImagePath and Label; classes are the sub-folders
        // The classes become keys here, not in the pipeline: the saved model then scores photos that have no Label.
        var photos = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(files).Transform(files);
        var split = mlContext.Data.TrainTestSplit(mlContext.Data.ShuffleRows(photos, seed: 1), testFraction: 0.2);

        var images = mlContext.Transforms.LoadImages("Image", imageFolder: "", inputColumnName: "ImagePath");
        var pipeline = images
            .Append(mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
            {
                Variant = ConformerVariant.Tiny,
                ImageSize = 224,
                Epochs = 30,
                // Validated after each epoch; the best weights are kept.
                Validation = { Data = images.Fit(split.TestSet).Transform(split.TestSet) },
                Progress = new Progress<TrainingProgress>(p => Console.WriteLine($"epoch {p.Epoch}: loss {p.Loss:f3}")),
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        var model = pipeline.Fit(split.TrainSet);
        var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        Console.WriteLine($"micro-accuracy: {metrics.MicroAccuracy:f4}");

        mlContext.Model.Save(model, split.TrainSet.Schema, "model.zip");
        #endregion

        #region README.md
        var conformer = model.OfType<ImageClassifierTransformer>().Single();
        conformer.SaveAsOnnx("model.onnx"); // input "image": [N, 3, H, W], normalized RGB; output "Score": [N, C]
        conformer.SaveAsOnnx("photos.onnx", new OnnxExportOptions
        {
            IncludePreprocessing = true, // input "image": uint8 [N, height, width, 3], photos of any size
            IncludePredictedLabel = true, // output "PredictedLabel": string [N]
            TopK = 3, // outputs "TopScores" and "TopLabels": [N, 3]
            AdditionalOutputs = OnnxOutputs.Embeddings, // outputs "conv_embedding" and "tran_embedding"
        });
        conformer.SaveAsOnnx("int8.onnx", new OnnxExportOptions
        {
            Precision = OnnxPrecision.Int8, // a quarter of the size, for CPUs; Float16 is for GPUs
            CalibrationImages = images.Fit(split.TrainSet).Transform(split.TrainSet), // photos like those to be scored
        });
        #endregion

        #region README.md
        using var classifier = mlContext.Model.LoadImageClassifier("model.zip", new ScoringOptions // or "model.onnx"
        {
            MaxBatchSize = 16,
            BadImages = BadImagePolicy.Skip, // a photo that cannot be read has NaN scores; by default it is an error
            TestTimeFlip = true, // the mean of each photo's and its mirror image's scores; takes twice the time
            FiveCrop = true, // the mean of the four corners' and the center's; takes five times the time, with the flip ten times
        });
        var scored = classifier.Transform(images.Fit(photos).Transform(photos));
        #endregion

        #region README.md
        var features = mlContext.Transforms.ExtractImageFeatures(classifier, new ImageFeatureOptions // or the file's path
        {
            Features = ImageFeatures.Embeddings, // ConvEmbedding and TransformerEmbedding; FeatureMaps: C2, C3, C4, C5
            TransformerEmbeddingColumnName = "Features",
        });
        var vectors = images.Append(features).Fit(photos).Transform(photos); // a trainer may follow in the same pipeline
        #endregion
    }

    public static void Weights(MLContext mlContext, IDataView images)
    {
        #region docs/weights.md
        var trainer = mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
        {
            Variant = ConformerVariant.Tiny, // must be the one that the weights were trained with
            PretrainedWeights = "conformer-tiny-p16", // or the path of a .pth or .safetensors file
            DownloadProgress = new Progress<WeightDownloadProgress>(p => Console.WriteLine($"{p.FileName}: {p.BytesReceived >> 20} MB")),
        });
        var model = trainer.Fit(images);
        #endregion
    }
}
