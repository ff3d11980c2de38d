// Draws pictures of circles, squares and triangles, and trains a small Mask R-CNN from random weights to find them; on two processors it
// takes some minutes:
//
//   dotnet run -c Release --project samples/DetectShapes -- shapes
//
// The pictures, COCO's JSON of them and the trained model stay in the folder.
using DetectShapes;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;

if (args is not [var folder])
{
    Console.Error.WriteLine("usage: DetectShapes FOLDER");
    return 2;
}

var mlContext = new MLContext(seed: 1);
var training = mlContext.Data.LoadFromCoco(DrawnShapes.Draw(Path.Combine(folder, "train"), count: 400, side: 128, seed: 1));
var validation = mlContext.Data.LoadFromCoco(DrawnShapes.Draw(Path.Combine(folder, "val"), count: 100, side: 128, seed: 2));

var trainer = mlContext.MulticlassClassification.Trainers.ConformerObjectDetection(new ConformerObjectDetectionTrainer.Options
{
    ImageColumnName = "ImagePath",
    Architecture = new DetectorArchitecture
    {
        Backbone = new ConformerArchitecture { ChannelRatio = 0.5, EmbedDim = 96, NumHeads = 3, Depth = 6, PatchSize = 16 },
        Head = DetectionHead.MaskRcnn,
        PyramidChannels = 64,
        HiddenWidth = 256,
        FinestScale = 28, // half of the usual, as the pictures are small
        AnchorScales = [4],
    },
    LongestSide = 128,
    ShortestSide = 128,
    Epochs = 6,
    BatchSize = 8,
    LearningRate = 1e-3,
    WarmupSteps = 50,
    DecayEpochs = [5],
    MaxGradientNorm = 5,
    ValidationSet = validation,
    Progress = new Progress<TrainingProgress>(p =>
    {
        if (p.EpochEnded)
            Console.WriteLine($"{p.Epoch}: {p.Elapsed:m\\:ss}, loss {p.Loss:0.000}, AP {p.ValidationFigures!["AP"]:0.000} of boxes, " +
                $"{p.ValidationFigures["mask_AP"]:0.000} of masks");
    }),
});
using var model = trainer.Fit(training);
model.SaveAsOnnx(Path.Combine(folder, "shapes.onnx"));
return 0;
