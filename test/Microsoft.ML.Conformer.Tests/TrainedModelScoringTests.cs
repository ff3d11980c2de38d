using Microsoft.ML.Conformer.Tests.Data;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>What Fit gives scores as the trainer's options say, and as every other way to the same network does.</summary>
[TestClass]
public sealed class TrainedModelScoringTests
{
    /// <summary>Room for rounding: another form of the same graph, or another batch size.</summary>
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);

    [TestMethod]
    public void ATrainedModelScoresWithTheTrainersScoringOptions()
    {
        var data = Photo.View(_context, Photo.Set(12, width: 60, height: 45));
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.Scoring = new ScoringOptions { MaxBatchSize = 4, TestTimeFlip = true, FiveCrop = true };
        using var folder = new TemporaryFolder();
        using var trained = _context.MulticlassClassification.Trainers.Conformer(options).Fit(data);
        _context.Model.Save(trained, data.Schema, folder.File("model.zip"));
        using var plain = _context.Model.LoadImageClassifier(folder.File("model.zip"));
        using var augmented = _context.Model.LoadImageClassifier(folder.File("model.zip"), options.Scoring);

        var scores = ScoringModel.Scores(trained.Transform(data));

        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(augmented.Transform(data)), scores) < Rounding);
        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(plain.Transform(data)), scores) > 10 * Rounding, "options must show");
    }

    [TestMethod]
    public void ATrainersExecutionProviderIsItsModels()
    {
        var data = Photo.View(_context, Photo.Set(6));
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.Scoring.ExecutionProvider = ExecutionProvider.TensorRt;
        options.Progress = new Progress<TrainingProgress>(_ => Assert.Fail("Nothing may be trained for a model that could not score."));
        if (OnnxRuntime.OrtEnv.Instance().GetAvailableProviders().Contains("TensorrtExecutionProvider"))
            Assert.Inconclusive("This ONNX Runtime has TensorRT.");

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => _context.MulticlassClassification.Trainers.Conformer(options).Fit(data));

        StringAssert.Contains(error.Message, "asks for TensorRt");
    }

    [TestMethod]
    public void SavingNeedsNoGpuThoughTheContextNamesOne()
    {
        var context = new MLContext { GpuDeviceId = 3, FallbackToCpu = false };
        var data = Photo.View(context, Photo.Set(6));
        using var folder = new TemporaryFolder();
        var options = new ScoringOptions { ExecutionProvider = ExecutionProvider.Cpu };
        using var made = new ImageClassifierTransformer(context, ScoringModel.TrainedOn(data), options, summary: null);

        context.Model.Save(made, data.Schema, folder.File("model.zip"));

        using var loaded = context.Model.LoadImageClassifier(folder.File("model.zip"), options);
        Assert.IsTrue(
            ScoringModel.Difference(ScoringModel.Scores(made.Transform(data)), ScoringModel.Scores(loaded.Transform(data))) < Rounding);
    }

    [TestMethod]
    public void OnePhotoHasOneScoreWhicheverWayTheModelIsOpened()
    {
        using var folder = new TemporaryFolder();
        var photos = Photo.Set(8, width: 90, height: 70);
        var files = _context.Data.LoadFromEnumerable(photos.ConvertAll(photo =>
        {
            photo.Image!.Save(folder.File($"{photo.Number}.png"));
            return new PhotoFile { ImagePath = folder.File($"{photo.Number}.png"), Label = photo.Label };
        }));
        var keyed = _context.Transforms.Conversion.MapValueToKey("Label").Fit(files).Transform(files);
        using var chain = _context.Transforms.LoadImages("Image", "", "ImagePath")
            .Append(_context.MulticlassClassification.Trainers.Conformer(ScoringModel.QuickTraining(epochs: 2)))
            .Fit(keyed);
        var trained = chain.LastTransformer;
        _context.Model.Save(chain, keyed.Schema, folder.File("model.zip"));
        trained.SaveAsOnnx(folder.File("model.onnx"));
        trained.SaveAsOnnx(folder.File("photos.onnx"), new OnnxExportOptions { IncludePreprocessing = true });
        var expected = ScoringModel.Scores(chain.Transform(keyed));

        foreach (var name in (string[])["model.zip", "model.onnx", "photos.onnx"])
        {
            using var loaded = _context.Model.LoadImageClassifier(folder.File(name));
            var images = _context.Transforms.LoadImages("Image", "", "ImagePath").Fit(files);
            AssertEqual(name, ScoringModel.Scores(loaded.Transform(images.Transform(files))));
            AssertEqual(name + " in an engine", InEngine(images.Append(loaded)));
        }
        AssertEqual("the trained model in an engine", InEngine(chain));

        List<float[]> InEngine(ITransformer model)
        {
            using var engine = _context.Model.CreatePredictionEngine<PathOnly, ScoreOnly>(
                model, new PredictionEngineOptions { OwnsTransformer = false });
            return photos.ConvertAll(photo => engine.Predict(new PathOnly { ImagePath = folder.File($"{photo.Number}.png") }).Score);
        }

        void AssertEqual(string way, List<float[]> actual)
        {
            var difference = ScoringModel.Difference(expected, actual);
            Assert.IsTrue(difference < Rounding, $"{way}: {difference}");
        }
    }

    [TestMethod]
    public void AFitThatSkipsBadImagesGivesAModelThatIsEvaluatedOnTheSameData()
    {
        var nasty = SharedData.FolderOrInconclusive("nasty");
        var (good, bad) = (NastyImages.Decisions.Where(file => file.Value == ImageDecision.Used).ToList(),
            NastyImages.Decisions.Where(file => file.Value != ImageDecision.Used).ToList());
        var rows = good.Take(6).Concat(bad)
            .Select((file, row) => new PhotoFile { ImagePath = Path.Combine(nasty, file.Key), Label = row % 2 == 0 ? "even" : "odd" })
            .Append(new PhotoFile { ImagePath = Path.Combine(nasty, "absent.jpg"), Label = "odd" })
            .Append(new PhotoFile { Label = "even" })
            .ToList();
        var files = _context.Data.LoadFromEnumerable(rows);
        var keyed = _context.Transforms.Conversion.MapValueToKey("Label").Fit(files).Transform(files);
        var options = ScoringModel.QuickTraining(epochs: 1);
        (options.BatchSize, options.BadImages) = (2, BadImagePolicy.Skip);

        using var model = _context.Transforms.LoadImages("Image", "", "ImagePath")
            .Append(_context.MulticlassClassification.Trainers.Conformer(options))
            .Fit(keyed);
        var scored = model.Transform(keyed);
        var metrics = _context.MulticlassClassification.Evaluate(scored);

        var summary = model.LastTransformer.Summary!;
        Assert.AreEqual((6, rows.Count - 6), (summary.TrainingImages, summary.SkippedImages.Count));
        foreach (var (skipped, row) in summary.SkippedImages.Zip(Enumerable.Range(6, rows.Count - 6)))
        {
            Assert.AreEqual(("training", row, rows[row].Label), (skipped.Role, (int)skipped.Row, skipped.ClassName));
            Assert.AreEqual(rows[row].ImagePath, skipped.Path ?? "");
            Assert.IsTrue(skipped.Reason.Length > 10, skipped.Reason);
        }
        Assert.AreEqual(6, metrics.ConfusionMatrix.Counts.Sum(row => row.Sum()), "Evaluate leaves the bad rows out");
        var scores = ScoringModel.Scores(scored);
        var labels = scored.GetColumn<uint>("PredictedLabel").ToList();
        for (var row = 0; row < rows.Count; row++)
        {
            Assert.AreEqual(row >= 6, scores[row].All(float.IsNaN), rows[row].ImagePath);
            Assert.AreEqual(row >= 6, labels[row] == 0, rows[row].ImagePath);
        }
    }

    private sealed class PhotoFile
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class PathOnly
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];
    }
}
