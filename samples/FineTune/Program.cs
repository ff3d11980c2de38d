// Fine-tunes a Conformer on a folder of photos with a sub-folder for each class, says how good it is, and saves it:
//
//   dotnet run --project samples/FineTune -- photos
//
// The command `conformer train` does the same with all options, a report, checkpoints and more.
using Microsoft.ML;
using Microsoft.ML.Conformer;

if (args is not [var folder])
{
    Console.Error.WriteLine("usage: FineTune FOLDER");
    return 2;
}

var mlContext = new MLContext(seed: 1);
var photos = mlContext.Data.LoadImageSplits(folder); // a fifth validates where there are no train/ and val/
Console.WriteLine(photos.Summary);
var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(photos.Training);
var training = keys.Transform(photos.Training);

// Ctrl+C ends training with the best epoch so far.
using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancellation.Cancel();
};
var trainer = mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
{
    ImageColumnName = "ImagePath",
    ImageSize = 96, // 224 takes five times as long, and sees more
    Epochs = 15,
    Validation = { Data = keys.Transform(photos.Validation) }, // the best epoch's weights are kept
    BadImages = BadImagePolicy.Skip,
    OnCancel = EarlyEnd.ReturnBest,
    CancellationToken = cancellation.Token,
    Progress = new Progress<TrainingProgress>(p =>
    {
        if (p.EpochEnded)
            Console.WriteLine($"{p.Epoch}: loss {p.Loss:0.000}, accuracy {p.ValidationAccuracy:0.000}");
    }),
});
using var model = trainer.Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(training);
mlContext.Model.Save(model, training.Schema, "model.zip");

// Any app opens the file like this; it needs no TorchSharp.
using var classifier = mlContext.Model.LoadImageClassifier("model.zip", imageColumnName: "ImagePath");
classifier.SaveAsOnnx("model.onnx");
Console.WriteLine(mlContext.MulticlassClassification.EvaluateImages(classifier, photos.Validation).Summary);
return 0;
