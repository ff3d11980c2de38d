// Trains a detector one epoch on four images of a square, which it writes to the folder images, saves it and says what it finds.
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Data;

const int Side = 64;

Directory.CreateDirectory("images/images");
Directory.CreateDirectory("images/labels");
File.WriteAllText("images/classes.txt", "square");
for (var i = 0; i < 4; i++)
{
    var pixels = new byte[4 * Side * Side];
    for (var place = 0; place < Side * Side; place++)
    {
        var (x, y) = (place % Side, place / Side);
        Array.Fill(pixels, x >= 16 && x < 48 && y >= 16 && y < 48 ? (byte)220 : (byte)(10 * i), 4 * place, 3);
        pixels[4 * place + 3] = 255;
    }
    using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
    image.Save($"images/images/{i}.png");
    File.WriteAllText($"images/labels/{i}.txt", "0 0.5 0.5 0.5 0.5"); // the center, width and height over the image's
}

var mlContext = new MLContext(seed: 1);
var files = mlContext.Data.LoadFromYolo("images");
using var model = mlContext.MulticlassClassification.Trainers.ConformerObjectDetection(new ConformerObjectDetectionTrainer.Options
{
    ImageColumnName = "ImagePath",
    Backbone = new ConformerArchitecture { ChannelRatio = 0.25, EmbedDim = 48, NumHeads = 3, Depth = 6 },
    Rules = new DetectionRules { LeastScore = 0.01, MostDetections = 3 },
    LongestSide = Side,
    ShortestSide = Side,
    Epochs = 1,
}).Fit(files);
mlContext.Model.Save(model, files.Schema, "model.zip");
model.SaveAsOnnx("model.onnx");
foreach (var boxes in model.Transform(files).GetColumn<float[]>("PredictedBoundingBoxes"))
    Console.WriteLine($"boxes {string.Join(' ', boxes.Select(edge => $"{edge:f2}"))}");
