using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Models.Loading;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Scoring;

[TestClass]
public sealed class FiveCropTests
{
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos =
    [
        .. Photo.Set(4, seed: 1, width: 60, height: 45), .. Photo.Set(4, seed: 2, width: 37, height: 90),
        .. Photo.Set(3, seed: 3), // these have the network's size
    ];

    private static readonly TemporaryFolder _folder = new();
    private static string _onnx = null!;

    [ClassInitialize]
    public static void SaveModel(TestContext _)
    {
        using var model = ScoringModel.Create(Photo.View(_context, _photos));
        _onnx = _folder.File("model.onnx");
        model.SaveAsOnnx(_onnx);
    }

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(4, false)]
    [DataRow(16, false)]
    [DataRow(1024, false)]
    [DataRow(7, true)]
    [DataRow(16, true)]
    public void AScoreIsTheMeanOfTheScoresOfTheFourCornersAndTheCenter(int batchSize, bool flip)
    {
        // Without five-crop, an image of the network's size is taken as it is: so each crop can be scored by itself.
        using var plain = Load(new ScoringOptions { TestTimeFlip = flip });
        var crops = ScoringModel.Scores(plain.Transform(Photo.View(_context, _photos.SelectMany(Crops))));
        var expected = crops.Chunk(5).Select(five => five[0].Select((_, i) => five.Average(score => score[i])).ToArray()).ToList();
        Assert.IsTrue(
            ScoringModel.Difference(expected, [.. crops.Chunk(5).Select(five => five[4])]) > 100 * Rounding, "the crops must differ");

        using var model = Load(new ScoringOptions { FiveCrop = true, TestTimeFlip = flip, MaxBatchSize = batchSize });
        using var engine = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(
            model, new PredictionEngineOptions { OwnsTransformer = false });

        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(model.Transform(Photo.View(_context, _photos)))) < Rounding);
        Assert.IsTrue(ScoringModel.Difference(expected, [.. _photos.Select(photo => engine.Predict(photo).Score)]) < Rounding);
    }

    [TestMethod]
    public void ABadRowAmongOthersHasNaNScoresOfItsOwn()
    {
        var photos = _photos.Select((photo, row) => row == 3 ? new Photo() : photo).ToList();
        using var model = Load(new ScoringOptions { FiveCrop = true, BadImages = BadImagePolicy.Skip });
        var expected = ScoringModel.Scores(model.Transform(Photo.View(_context, _photos)));

        var scores = ScoringModel.Scores(model.Transform(Photo.View(_context, photos)));

        Assert.IsTrue(scores[3].All(float.IsNaN));
        scores[3] = expected[3];
        Assert.IsTrue(ScoringModel.Difference(expected, scores) < Rounding);
    }

    [TestMethod]
    [DataRow(1, 1, 1)]
    [DataRow(4, 1, (4 * 4 + 1) / 5.0)] // four crops, then one
    [DataRow(16, 3, 15)]
    public void TheNetworkSeesNoMoreImagesAtOnceThanTheBatchSize(int batchSize, int rows, double meanRun)
    {
        // A value added to the graph tells each image how many ran together with it.
        var onnx = File.ReadAllBytes(_onnx);
        var model = LoadedModel.Read(ByteSource.FromMemory("model", onnx), new ScoringColumns("Image", "Score", "PredictedLabel"));
        onnx = OnnxGraphOutputsTests.AddNode(
            onnx, "Cast", ["batch"], "batch.float", new AttributeProto("to", (long)TensorProto.Types.DataType.Float));
        onnx = OnnxGraphOutputsTests.AddNode(onnx, "Sub", ["conv_embedding", "conv_embedding"], "zeros");
        onnx = OnnxGraphOutputsTests.AddNode(onnx, "Add", ["zeros", "batch.float"], "run");
        using var scoring = new ImageScoring(
            _context, model, OnnxGraphOutputs.Add(onnx, ["run"]), ["run"], outputs => [new VectorColumn("Run", outputs[0], 0)],
            new ScoringOptions { FiveCrop = true, MaxBatchSize = batchSize }, typeof(ImageClassifierTransformer));

        var runs = ScoringModel.Scores(scoring.Transform(Photo.View(_context, _photos.Take(3))), "Run");

        Assert.AreEqual(rows, scoring.RowsAtOnce);
        Assert.IsTrue(runs.TrueForAll(row => row.All(value => Math.Abs(value - meanRun) < Rounding)), $"{runs[0][0]}");
    }

    private static ImageClassifierTransformer Load(ScoringOptions options) => _context.Model.LoadImageClassifier(_onnx, options);

    /// <summary>The crops as photos: the whole image resized, then cut.</summary>
    private static IEnumerable<Photo> Crops(Photo photo)
    {
        var image = RgbImage.FromMLImage(photo.Image!);
        var scale = Math.Round(Photo.Side / 0.875) / image.ShorterSide;
        var resized = Resampler.Resize(
            image, (int)Math.Round(image.Width * scale), (int)Math.Round(image.Height * scale), ResamplingKernel.Bicubic);
        var (right, bottom) = (resized.Width - Photo.Side, resized.Height - Photo.Side);
        foreach (var (left, top) in ((int, int)[])[(0, 0), (right, 0), (0, bottom), (right, bottom), (right / 2, bottom / 2)])
            yield return new Photo { Image = Cut(resized, left, top), Label = photo.Label, Number = photo.Number };
    }

    private static MLImage Cut(RgbImage image, int left, int top)
    {
        var pixels = new byte[4 * Photo.Side * Photo.Side];
        for (var i = 0; i < Photo.Side * Photo.Side; i++)
        {
            var source = ((top + i / Photo.Side) * image.Width + left + i % Photo.Side) * RgbImage.Channels;
            image.Pixels.AsSpan(source, RgbImage.Channels).CopyTo(pixels.AsSpan(4 * i));
            pixels[4 * i + 3] = byte.MaxValue;
        }
        return MLImage.CreateFromPixels(Photo.Side, Photo.Side, MLPixelFormat.Rgba32, pixels);
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];
    }
}
