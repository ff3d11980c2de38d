// Finds objects in the images that the trainer wrote with the detector that it saved; the arguments are the zip, the ONNX file and the
// folder of images.
using Microsoft.ML;
using Microsoft.ML.Data;

var mlContext = new MLContext();
var files = mlContext.Data.LoadFromYolo(args[2]);
using var detector = mlContext.Model.LoadObjectDetector(args[1], imageColumnName: "ImagePath");
var saved = mlContext.Model.Load(args[0], out _);
var found = Boxes(detector.Transform(files));
foreach (var line in found)
    Console.WriteLine(line);
return found.SequenceEqual(Boxes(saved.Transform(files))) ? 0 : 1;

static List<string> Boxes(IDataView scored) => [.. scored.GetColumn<float[]>("PredictedBoundingBoxes")
    .Select(boxes => $"boxes {string.Join(' ', boxes.Select(edge => $"{edge:f2}"))}")];
