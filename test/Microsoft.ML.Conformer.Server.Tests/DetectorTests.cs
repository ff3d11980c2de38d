using System.Net;
using System.Text.Json;
using Conformer.Server.Model;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Conformer.Server.Tests;

/// <summary>What the server answers where its model is an object detector.</summary>
[TestClass]
public sealed class DetectorTests
{
    private static readonly byte[] _wide = ColoredImages.Encode("red", seed: 5, width: 90, height: 60);
    private static readonly byte[] _high = ColoredImages.Encode("blue", seed: 6, width: 50, height: 71, extension: ".jpg");

    private static TestServer _server = null!;
    private static ObjectDetectorTransformer _detector = null!;

    [ClassInitialize]
    public static async Task Start(TestContext _)
    {
        _server = await TestServer.StartAsync(TinyDetector.Open());
        _detector = new MLContext().Model.LoadObjectDetector(TinyDetector.Path);
    }

    [ClassCleanup]
    public static async Task Stop()
    {
        _detector.Dispose();
        await _server.DisposeAsync();
    }

    [TestMethod]
    public async Task ObjectsAreThoseOfATransformInPixelsOfTheImageWithTheirMasks()
    {
        foreach (var (file, width, height) in new[] { (_wide, 90, 60), (_high, 50, 71) })
        {
            var image = await AnswerAsync(file, "?threshold=0");

            Assert.AreEqual("image.png", image.GetProperty("file").GetString());
            Assert.AreEqual((width, height), (image.GetProperty("width").GetInt32(), image.GetProperty("height").GetInt32()));
            Assert.IsFalse(image.TryGetProperty("predictions", out JsonElement _));
            AssertSame(Transform(_detector, file), image, hasMasks: true);
            foreach (var one in Objects(image))
                CollectionAssert.AreEqual(
                    new[] { height, width },
                    one.GetProperty("mask").GetProperty("size").EnumerateArray().Select(side => side.GetInt32()).ToArray());
        }
    }

    [TestMethod]
    public async Task ADetectorWithoutMasksAnswersWithoutThem()
    {
        using var folder = new TemporaryFolder();
        TinyDetector.Write(folder.File("retina.onnx"), DetectionHead.RetinaNet);
        using var detector = new MLContext().Model.LoadObjectDetector(folder.File("retina.onnx"));
        await using var server = await TestServer.StartAsync(with: settings => settings with { ModelPath = folder.File("retina.onnx") });

        AssertSame(Transform(detector, _wide), await AnswerAsync(_wide, "?threshold=0", server), hasMasks: false);
    }

    [TestMethod]
    public async Task ADetectorsZipIsServedAsItsOnnxFile()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext();
        mlContext.Model.Save(_detector, mlContext.Data.LoadFromEnumerable(Array.Empty<PhotoRow>()).Schema, folder.File("model.zip"));
        await using var server = await TestServer.StartAsync(with: settings => settings with { ModelPath = folder.File("model.zip") });

        AssertSame(Transform(_detector, _high), await AnswerAsync(_high, "?threshold=0", server), hasMasks: true);
    }

    [TestMethod]
    public async Task RequestsAtOnceEachGetTheirOwnObjects()
    {
        var files = ColoredImages.EncodeSet(20);
        var alone = files.ConvertAll(file => Transform(_detector, file));

        var answers = await Task.WhenAll(files.Select(file => AnswerAsync(file, "?threshold=0")));

        foreach (var (expected, answer) in alone.Zip(answers))
            AssertSame(expected, answer, hasMasks: true);
        Assert.IsGreaterThan(1, alone.Select(row => row.Score.FirstOrDefault()).Distinct().Count());
    }

    [TestMethod]
    public async Task ObjectsBelowTheThresholdAreLeftOutTheRequestsOrElseTheServersOrElseThreeTenths()
    {
        var scores = Transform(_detector, _wide).Score;
        var middle = (scores[2] + scores[3]) / 2;
        await using var server = await TestServer.StartAsync(TinyDetector.Open(), with: settings => settings with { Threshold = middle });

        Assert.HasCount(scores.Count(score => score >= 0.3f), Objects(await AnswerAsync(_wide)));
        Assert.HasCount(3, Objects(await AnswerAsync(_wide, FormattableString.Invariant($"?threshold={middle}"))));
        Assert.HasCount(0, Objects(await AnswerAsync(_wide, "?threshold=1")));
        Assert.HasCount(2, Objects(await AnswerAsync(_wide, "?threshold=0&top=2")));
        Assert.HasCount(3, Objects(await AnswerAsync(_wide, server: server)));
        Assert.HasCount(scores.Length, Objects(await AnswerAsync(_wide, "?threshold=0", server)));
    }

    [TestMethod]
    [DataRow("?threshold=1.5", "threshold is '1.5'")]
    [DataRow("?threshold=-1", "threshold is '-1'")]
    [DataRow("?threshold=NaN", "threshold is 'NaN'")]
    [DataRow("?threshold=", "threshold is ''")]
    [DataRow("?top=0", "top is '0'")]
    public async Task AQueryThatCannotBeMetIs400(string query, string reason)
    {
        var problem = await TestServer.ReadAsync(await _server.PredictAsync(_wide, query), HttpStatusCode.BadRequest);

        StringAssert.Contains(problem.GetProperty("detail").GetString(), reason);
    }

    [TestMethod]
    public async Task OfSeveralImagesTheBadOneHasAReasonAndTheOthersTheirObjects()
    {
        var answer = await _server.Client.PostAsync("/predict?threshold=0", TestServer.Form(("a", _wide), ("b", [1]), ("c", _high)));

        var images = (await TestServer.ReadAsync(answer)).GetProperty("images").EnumerateArray().ToList();
        AssertSame(Transform(_detector, _wide), images[0], hasMasks: true);
        Assert.AreEqual(422, images[1].GetProperty("error").GetProperty("status").GetInt32());
        AssertSame(Transform(_detector, _high), images[2], hasMasks: true);
    }

    [TestMethod]
    public async Task HealthTellsTheTaskAndTheSizes()
    {
        var model = (await TestServer.ReadAsync(await _server.Client.GetAsync("/health"))).GetProperty("model");

        Assert.AreEqual("detection", model.GetProperty("task").GetString());
        CollectionAssert.AreEqual(
            TinyDetector.Classes, model.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).ToArray());
        Assert.AreEqual((128, 96), (model.GetProperty("longestSide").GetInt32(), model.GetProperty("shortestSide").GetInt32()));
        Assert.IsTrue(model.GetProperty("hasMasks").GetBoolean());
        Assert.IsFalse(model.TryGetProperty("imageSize", out JsonElement _));
    }

    [TestMethod]
    public async Task ADetectorHasNoMapsAndSaysSo()
    {
        foreach (var name in (string?[])[null, "cat", "no class of it"])
        {
            var problem = await TestServer.ReadAsync(await _server.ExplainAsync(_wide, name), HttpStatusCode.NotFound);
            StringAssert.Contains(problem.GetProperty("detail").GetString(), "no explanations. It finds objects");
        }
    }

    private static async Task<JsonElement> AnswerAsync(byte[] file, string query = "", TestServer? server = null) =>
        (await TestServer.ReadAsync(await (server ?? _server).PredictAsync(file, query))).GetProperty("images").EnumerateArray().Single();

    private static List<JsonElement> Objects(JsonElement image) => [.. image.GetProperty("objects").EnumerateArray()];

    private static FoundRow Transform(ObjectDetectorTransformer detector, byte[] file)
    {
        var mlContext = new MLContext();
        using var image = ImageDecoder.Decode(file);
        var scored = detector.Transform(mlContext.Data.LoadFromEnumerable([new PhotoRow { Image = image }]));
        return mlContext.Data.CreateEnumerable<FoundRow>(scored, reuseRowObject: false, ignoreMissingColumns: true).Single();
    }

    private static void AssertSame(FoundRow expected, JsonElement image, bool hasMasks)
    {
        var objects = Objects(image);
        Assert.IsGreaterThan(3, objects.Count);
        CollectionAssert.AreEqual(
            expected.PredictedLabel.Select(key => TinyDetector.Classes[key - 1]).ToArray(),
            objects.ConvertAll(one => one.GetProperty("class").GetString()));
        foreach (var (index, one) in objects.Index())
        {
            Assert.AreEqual(expected.Score[index], one.GetProperty("score").GetSingle(), 1e-5f);
            foreach (var (place, side) in one.GetProperty("box").EnumerateArray().Index())
                Assert.AreEqual(expected.PredictedBoundingBoxes[4 * index + place], side.GetSingle(), 1e-2f);
            Assert.AreEqual(hasMasks, one.TryGetProperty("mask", out var mask));
            if (hasMasks)
                Assert.AreEqual(expected.PredictedMasks[index], mask.GetProperty("counts").GetString());
        }
    }

    private sealed class PhotoRow
    {
        [ImageType(1, 1)]
        public MLImage? Image { get; set; }

        // ML.NET saves no schema of images alone.
        public int Number { get; set; }
    }

    private sealed class FoundRow
    {
        public uint[] PredictedLabel { get; set; } = [];

        public float[] Score { get; set; } = [];

        public float[] PredictedBoundingBoxes { get; set; } = [];

        public string[] PredictedMasks { get; set; } = [];
    }
}
