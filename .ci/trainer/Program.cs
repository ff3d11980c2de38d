// Trains one step on four images, which it writes to the folder images, saves model.zip and says what it makes of them.
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;

const int Side = 64;

for (var i = 0; i < 4; i++)
{
    var pixels = new byte[4 * Side * Side];
    Array.Fill(pixels, (byte)(i % 2 * 200 + i));
    for (var alpha = 3; alpha < pixels.Length; alpha += 4)
        pixels[alpha] = 255;
    using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
    var folder = Directory.CreateDirectory(Path.Combine("images", i % 2 == 0 ? "dark" : "light"));
    image.Save(Path.Combine(folder.FullName, $"{i}.png"));
}

var mlContext = new MLContext(seed: 1);
var files = mlContext.Data.LoadFromImageFolder("images");
var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.Transforms.LoadImages("Image", null, "ImagePath"))
    .Append(mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
    {
        ImageSize = Side,
        Epochs = 1,
        BatchSize = 4,
    }));
var model = pipeline.Fit(files);
mlContext.Model.Save(model, files.Schema, "model.zip");
var scores = model.Transform(files).GetColumn<float[]>("Score").ToList();
Console.WriteLine($"scores {string.Join(", ", scores.Select(score => $"{score[0]:g3}/{score[1]:g3}"))}");
return scores.All(score => Math.Abs(score.Sum() - 1) < 1e-4) ? 0 : 1;
