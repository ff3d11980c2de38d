using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Data.Reading;

/// <summary>Images as ML.NET's images, as files' paths and as files' contents: one photo has one score by every door.</summary>
[TestClass]
public sealed class ImageSourceTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void APhotoHasOneScoreByEveryDoorHoweverTheCameraWasHeld()
    {
        var upright = FormulaImage.Rgb(60, 44);
        var rows = Enumerable.Range(1, 8).Select(orientation => Save(
            $"{orientation}.png", OrientedImage.Png(60, 44, upright.Pixels, orientation))).ToList();
        rows.Insert(0, Save("upright.png", ImageFileBytes.Encode(60, 44, upright.Pixels, ".png")));
        var data = _context.Data.LoadFromEnumerable(rows);
        var images = _context.Transforms.LoadImages("Image", imageFolder: null, nameof(Row.Path)).Fit(data).Transform(data);

        var expected = Score(nameof(Row.Path), data)[0];
        var doors = new Dictionary<string, List<float[]>>
        {
            ["paths"] = Score(nameof(Row.Path), data),
            ["contents"] = Score(nameof(Row.Contents), data),
            ["LoadImages"] = Score("Image", images),
            ["an engine on paths"] = Predict(nameof(Row.Path), rows),
            ["an engine on contents"] = Predict(nameof(Row.Contents), rows),
            ["decoded by ImageDecoder"] = Decoded(rows),
        };

        foreach (var (door, scores) in doors)
            for (var row = 0; row < rows.Count; row++)
                // One row at a time is computed by other kernels than a batch.
                Assert.IsTrue(Difference(expected, scores[row]) < 1e-6, $"{door}, row {row}: {Difference(expected, scores[row])}");
    }

    [TestMethod]
    public void TrainingOnPathsOnContentsAndOnImagesGivesTheSameNetwork()
    {
        var rows = Enumerable.Range(0, 12).Select(i => Save(
            $"{i}.png", OrientedImage.Png(60, 44, FormulaImage.Rgb(60, 44, 40 * i).Pixels, 1 + i % 8),
            label: i % 2 == 0 ? "a" : "b")).ToList();
        var files = _context.Data.LoadFromEnumerable(rows);
        var data = _context.Transforms.Conversion.MapValueToKey("Label")
            .Append(_context.Transforms.LoadImages("Image", imageFolder: null, nameof(Row.Path))).Fit(files).Transform(files);

        var networks = new[] { nameof(Row.Path), nameof(Row.Contents), "Image" }.Select(column =>
        {
            var options = ScoringModel.QuickTraining(epochs: 2);
            options.ImageColumnName = column;
            using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(data);
            model.SaveWeights(_folder.File(column));
            return File.ReadAllBytes(_folder.File(column));
        }).ToList();

        CollectionAssert.AreEqual(networks[0], networks[1]);
        CollectionAssert.AreEqual(networks[0], networks[2]);
    }

    [TestMethod]
    public void AModelOfPathsScoresPathsInMlNetAlone()
    {
        var side = Photo.Side; // that of the network, which ML.NET need not resize
        var rows = Enumerable.Range(0, 8).Select(i => Save(
            $"{i}.png", ImageFileBytes.Encode(side, side, FormulaImage.Rgb(side, side, 40 * i).Pixels, ".png"),
            i % 2 == 0 ? "a" : "b")).ToList();
        var data = _context.Data.LoadFromEnumerable(rows);
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.ImageColumnName = nameof(Row.Path);
        using var model = _context.Transforms.Conversion.MapValueToKey("Label")
            .Append(_context.MulticlassClassification.Trainers.Conformer(options)).Fit(data);
        var expected = ScoringModel.Scores(model.Transform(data));

        _context.Model.Save(model, data.Schema, _folder.File("model.zip"));
        var alone = new MLContext().Model.Load(_folder.File("model.zip"), out _);
        using var here = _context.Model.LoadImageClassifier(_folder.File("model.zip"), imageColumnName: nameof(Row.Path));

        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(alone.Transform(data))) < 1e-5);
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(here.Transform(data))) < 1e-6);
        _context.Model.Save(here, data.Schema, _folder.File("again.zip"));
        var again = new MLContext().Model.Load(_folder.File("again.zip"), out _);
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(again.Transform(data))) < 1e-5);
        CollectionAssert.AreEqual(
            rows.Select(row => row.Path).ToList(), alone.Transform(data).GetColumn<string>(nameof(Row.Path)).ToList());
    }

    [TestMethod]
    public void EmptyPathsAndContentsAreMissingImagesAndTheOthersKeepTheirScores()
    {
        var good = Save("good.png", ImageFileBytes.Encode(50, 50, FormulaImage.Rgb(50, 50).Pixels, ".png"));
        Row[] rows = [good, new(), good, new() { Path = _folder.File("absent.png"), Contents = [1, 2, 3] }, good];
        foreach (var column in (string[])[nameof(Row.Path), nameof(Row.Contents)])
        {
            var scores = Score(column, _context.Data.LoadFromEnumerable(rows), new() { BadImages = BadImagePolicy.Skip });

            for (var row = 0; row < rows.Length; row++)
                if (row % 2 == 0)
                    CollectionAssert.AreEqual(scores[0], scores[row], $"{column}, row {row}");
                else
                    Assert.IsTrue(scores[row].All(float.IsNaN), $"{column}, row {row}");
            Assert.IsFalse(scores[0].Any(float.IsNaN));
        }
    }

    [TestMethod]
    public void ABackgroundIsTrainedOnKeptInTheFileAndScoredWith()
    {
        var rows = Enumerable.Range(0, 8).Select(i => Save($"{i}.png", Transparent(i), i % 2 == 0 ? "a" : "b")).ToList();
        var data = _context.Data.LoadFromEnumerable(rows);
        var keyed = _context.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var options = ScoringModel.QuickTraining(epochs: 1);
        (options.ImageColumnName, options.Background) = (nameof(Row.Path), ImageBackground.White);
        using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(keyed);
        model.SaveAsOnnx(_folder.File("model.onnx"));

        using var loaded = _context.Model.LoadImageClassifier(_folder.File("model.onnx"), imageColumnName: nameof(Row.Path));

        Assert.AreEqual(ImageBackground.White, loaded.Background);
        var images = _context.Transforms.LoadImages("Image", imageFolder: null, nameof(Row.Path)).Fit(keyed).Transform(keyed);
        using var ofImages = _context.Model.LoadImageClassifier(_folder.File("model.onnx"));
        var expected = ScoringModel.Scores(model.Transform(keyed));
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(loaded.Transform(keyed))) < 1e-6);
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(ofImages.Transform(images))) < 1e-6);

        static byte[] Transparent(int i) =>
            ImageFileBytes.Png(40, 40, [.. Enumerable.Range(0, 40 * 40 * 4).Select(k => (byte)(k * (i + 3)))]);
    }

    private Row Save(string name, byte[] contents, string label = "")
    {
        File.WriteAllBytes(_folder.File(name), contents);
        return new Row { Path = _folder.File(name), Contents = contents, Label = label };
    }

    private ImageClassifierTransformer Model(string column, ScoringOptions? options = null)
    {
        var labels = _context.Data.LoadFromEnumerable(new[] { "a", "b", "c" }.Select(label => new Row { Label = label }));
        using var model = ScoringModel.Create(_context.Transforms.Conversion.MapValueToKey("Label").Fit(labels).Transform(labels));
        var path = _folder.File("model.onnx");
        model.SaveAsOnnx(path);
        return _context.Model.LoadImageClassifier(path, options, column);
    }

    private List<float[]> Score(string column, IDataView data, ScoringOptions? options = null)
    {
        using var model = Model(column, options);
        return ScoringModel.Scores(model.Transform(data));
    }

    private List<float[]> Predict(string column, List<Row> rows)
    {
        using var engine = _context.Model.CreatePredictionEngine<Row, Scored>(Model(column));
        return rows.ConvertAll(row => engine.Predict(row).Score);
    }

    private List<float[]> Decoded(List<Row> rows)
    {
        using var engine = _context.Model.CreatePredictionEngine<InMemory, Scored>(Model("Image"));
        return rows.ConvertAll(row =>
        {
            using var image = ImageDecoder.Decode(row.Contents);
            return engine.Predict(new InMemory { Image = image }).Score;
        });
    }

    private static float Difference(float[] expected, float[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public byte[] Contents { get; set; } = [];

        public string Label { get; set; } = "";
    }

    private sealed class InMemory
    {
        [ImageType(1, 1)] // ML.NET asks for a size; any is taken
        public MLImage? Image { get; set; }
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
