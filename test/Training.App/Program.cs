// Trains on generated images, writes the trained network, and prints the process's peak of resident memory in bytes.
//
//   Training.App small OUTPUT.onnx CHECKPOINTS      a small network, a checkpoint after each step; goes on where it was killed
//   Training.App tiny OUTPUT.onnx                   Conformer-Ti on batches of two images of 32 x 32 pixels
//   Training.App collective FAULT                   ranks that mpirun started, and what one of them does wrong
//   Training.App plain BATCH IMAGES OUTPUT          a network without BatchNorm, by several ranks or alone
//   Training.App ranks NAME=VALUE...                the small network by several ranks, or alone
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Training;

switch (args[0])
{
    case "collective":
        CollectiveScenario.Run(args[1]);
        return 0;
    case "plain":
        PlainScenario.Run(int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture), args[3]);
        return 0;
    case "ranks":
        return RankScenario.Run(args[1..]);
}
var mlContext = new MLContext(seed: 1);
mlContext.Log += (_, e) =>
{
    if (e.Source.Contains("Conformer", StringComparison.Ordinal))
        Console.Error.WriteLine(e.RawMessage);
};
var options = args[0] == "tiny"
    ? new ConformerTrainer.Options { BatchSize = 2, Epochs = 2 }
    : new ConformerTrainer.Options
    {
        Architecture = new ConformerArchitecture { ChannelRatio = 0.25, EmbedDim = 32, Depth = 3, NumHeads = 2 },
        BatchSize = 4,
        Epochs = 4,
        DropPath = 0.3,
        MaxGradientNorm = 1,
        WeightAverageDecay = 0.99,
        Checkpoints = { Folder = args[2], EverySteps = 1, Resume = true },
    };
(options.ImageSize, options.Precision) = (32, TrainingPrecision.Float32);
var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(mlContext.Data.LoadFromEnumerable(ColoredImage.Make(40)));
options.Validation.Data = keys.Transform(mlContext.Data.LoadFromEnumerable(ColoredImage.Make(8)));
using var model = mlContext.MulticlassClassification.Trainers.Conformer(options)
    .Fit(keys.Transform(mlContext.Data.LoadFromEnumerable(ColoredImage.Make(40))));
model.SaveAsOnnx(args[1]);
using var process = Process.GetCurrentProcess();
Console.WriteLine(process.PeakWorkingSet64);
return 0;
