using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Conformer.Server.Tests;

/// <summary>A photo has one score, whoever asks for it.</summary>
[TestClass]
public sealed class OneScoreTests
{
    private const float Tolerance = 1e-5f;

    [TestMethod]
    [DataRow(90, 60, ".jpg")]
    [DataRow(50, 71, ".png")]
    public async Task TheWebPageATransformAndAnEngineAgree(int width, int height, string extension)
    {
        using var folder = new TemporaryFolder();
        var file = ColoredImages.Encode("green", seed: 77, width, height, extension);
        var path = folder.File("photo" + extension);
        File.WriteAllBytes(path, file);
        var mlContext = new MLContext(1);
        var row = new ImageFile { ImagePath = path };
        using var model = mlContext.Model.LoadImageClassifier(TinyModel.Path);
        var files = mlContext.Data.LoadFromEnumerable([row]);
        var pipeline = mlContext.Transforms.LoadImages("Image", null, "ImagePath").Fit(files);

        var expected = model.Transform(pipeline.Transform(files)).GetColumn<float[]>("Score").Single();

        // Not a photo of the network's size, which no way would have to resize, nor one whose score no way could miss.
        Assert.IsTrue(model.ImageSize < Math.Min(width, height) && expected.Max() < 0.9999f, $"{expected.Max()}");

        using var engine = mlContext.Model.CreatePredictionEngine<ImageFile, Scored>(pipeline.Append(model));
        AssertEqual(expected, engine.Predict(row).Score, "the engine");

        await using var server = await TestServer.StartAsync();
        var answer = (await TestServer.ReadAsync(await server.PredictAsync(file))).GetProperty("images").EnumerateArray().Single();
        var byName = answer.GetProperty("predictions").EnumerateArray()
            .ToDictionary(one => one.GetProperty("class").GetString()!, one => one.GetProperty("probability").GetSingle());
        AssertEqual(expected, [.. model.ClassNames.Select(label => byName[label])], "the web page");
    }

    private static void AssertEqual(float[] expected, float[] actual, string who)
    {
        Assert.AreEqual(expected.Length, actual.Length, who);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], Tolerance, who);
    }

    private sealed class ImageFile
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Scored
    {
        [VectorType]
        public float[] Score { get; set; } = [];
    }
}
