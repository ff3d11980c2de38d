// Scores the images that the trainer wrote with the model that it saved; the arguments are the model and the folder of images.
using Microsoft.ML;
using Microsoft.ML.Data;

var mlContext = new MLContext();
var files = mlContext.Data.LoadFromImageFolder(args[1]);
using var model = mlContext.Model.LoadImageClassifier(args[0]);
var images = mlContext.Transforms.LoadImages("Image", null, "ImagePath").Fit(files).Transform(files);
var scores = model.Transform(images).GetColumn<float[]>("Score");
Console.WriteLine($"scores {string.Join(", ", scores.Select(score => $"{score[0]:g3}/{score[1]:g3}"))}");
