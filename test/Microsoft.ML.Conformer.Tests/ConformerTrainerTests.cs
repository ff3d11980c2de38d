using Google.Protobuf;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using PortableModel;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ConformerTrainerTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(24));

    [TestMethod]
    public void ATrainedModelEvaluatesAndPredictsTheLabelsOwnValues()
    {
        var data = _context.Data.LoadFromEnumerable(Photo.Set(48));
        var pipeline = _context.Transforms.Conversion.MapValueToKey("Label")
            .Append(Trainer(Quick(epochs: 8)))
            .Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        using var model = pipeline.Fit(data);
        var test = _context.Data.LoadFromEnumerable(Photo.Set(24, seed: 2));
        var scored = model.Transform(test);
        var metrics = _context.MulticlassClassification.Evaluate(scored, topKPredictionCount: 2);

        Assert.IsTrue(metrics.MicroAccuracy >= 0.9, $"accuracy {metrics.MicroAccuracy}");
        Assert.IsTrue(metrics.TopKAccuracy >= metrics.MicroAccuracy);
        var predicted = scored.GetColumn<string>("PredictedLabel").ToList();
        var right = Photo.Set(24, seed: 2).Zip(predicted).Count(pair => pair.First.Label == pair.Second);
        Assert.AreEqual(metrics.MicroAccuracy, right / 24.0, 1e-9);
    }

    [TestMethod]
    public void CrossValidationRefitsTheSameTrainerOnEachFold()
    {
        var results = _context.MulticlassClassification.CrossValidate(_photos, Trainer(Quick()), numberOfFolds: 2);

        Assert.AreEqual(2, results.Count);
        foreach (var result in results)
        {
            Assert.IsTrue(result.Metrics.LogLoss > 0);
            ((IDisposable)result.Model).Dispose();
        }
    }

    [TestMethod]
    public void TheSameSeedGivesTheSameOnnxFileAndAnotherSeedAnother()
    {
        var first = Onnx(Trainer(Quick()));
        CollectionAssert.AreEqual(first, Onnx(Trainer(Quick())));

        var other = Quick();
        other.Seed = 2;
        CollectionAssert.AreNotEqual(first, Onnx(Trainer(other)));
    }

    [TestMethod]
    public void FittingTwiceGivesTheSameModelAndLaterChangesOfTheOptionsHaveNoEffect()
    {
        var options = Quick();
        var trainer = Trainer(options);
        var first = Onnx(trainer);

        options.Epochs = 1;
        options.Seed = 99;
        options.Augmentation = new() { HorizontalFlipProbability = 0 };
        options.Scoring.MaxBatchSize = 0;

        CollectionAssert.AreEqual(first, Onnx(trainer));
    }

    [TestMethod]
    public void TheBestEpochOfTheValidationIsKept()
    {
        var options = Quick(epochs: 3);
        options.Validation.Data = Photo.View(_context, Photo.Set(12, seed: 2));

        using var model = Trainer(options).Fit(_photos);

        Assert.AreEqual(3, model.Summary!.ValidationAccuracies.Count);
        Assert.AreEqual(12, model.Summary!.ValidationImages);
        Assert.AreEqual(24, model.Summary!.TrainingImages);
        var best = model.Summary!.ValidationAccuracies[model.Summary!.BestEpoch - 1];
        Assert.AreEqual(model.Summary!.ValidationAccuracies.Max(), best);
        var metrics = _context.MulticlassClassification.Evaluate(model.Transform(options.Validation.Data));
        Assert.AreEqual(best, metrics.MicroAccuracy, 1e-9, "the exported network is the one that was validated");
    }

    [TestMethod]
    public void ValidationLabelsMayBePlainValuesOrKeysInAnotherOrder()
    {
        var plain = _context.Data.LoadFromEnumerable(Photo.Set(12, seed: 2));
        var reversed = _context.Data.LoadFromEnumerable(Photo.Set(12, seed: 2).AsEnumerable().Reverse()); // red comes first
        reversed = _context.Transforms.Conversion.MapValueToKey("Label").Fit(reversed).Transform(reversed);

        var accuracies = new[] { Photo.View(_context, Photo.Set(12, seed: 2)), plain, reversed }.Select(validation =>
        {
            var options = Quick(epochs: 3);
            options.Validation.Data = validation;
            using var model = Trainer(options).Fit(_photos);
            return string.Join(" ", model.Summary!.ValidationAccuracies);
        }).ToList();

        Assert.AreEqual(1, accuracies.Distinct().Count(), string.Join("; ", accuracies));
    }

    [TestMethod]
    public void ProgressAndOneLogLineAnEpochReachTheCaller()
    {
        var context = new MLContext(seed: 1);
        List<string> log = [];
        context.Log += (_, e) =>
        {
            if (e.Source?.Contains("ConformerTrainer", StringComparison.Ordinal) == true)
                log.Add(e.RawMessage);
        };
        var progress = new Recorder();
        var options = Quick(epochs: 3);
        options.Progress = progress;

        using var model = context.MulticlassClassification.Trainers.Conformer(options).Fit(_photos);

        Assert.AreEqual(3, progress.Reports.Count(report => report.EpochEnded));
        Assert.AreEqual(3, progress.Reports[^1].Epoch);
        Assert.AreEqual(3, log.Count(line => line.StartsWith("Epoch ", StringComparison.Ordinal)), string.Join("\n", log));
        StringAssert.StartsWith(log.First(line => line.StartsWith("Epoch ", StringComparison.Ordinal)), "Epoch 1/3: loss ");
    }

    [TestMethod]
    public void CancellingEndsFitAndLeavesNothing()
    {
        using var source = new CancellationTokenSource();
        using var folder = new TemporaryFolder();
        var options = Quick(epochs: 1000);
        (options.MaxCacheBytes, options.CacheFolder) = (0, folder.Path);
        options.CancellationToken = source.Token;
        options.Progress = new Recorder(report =>
        {
            if (report.Epoch == 2)
                source.Cancel();
        });

        Assert.ThrowsExactly<OperationCanceledException>(() => Trainer(options).Fit(_photos));

        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [TestMethod]
    public void CancellingGivesTheBestModelWhereThatIsAskedFor()
    {
        using var source = new CancellationTokenSource();
        var options = Quick(epochs: 1000);
        options.Validation.Data = Photo.View(_context, Photo.Set(12, seed: 2));
        (options.CancellationToken, options.OnCancel) = (source.Token, EarlyEnd.ReturnBest);
        options.Progress = new Recorder(report =>
        {
            if (report is { Epoch: 2, EpochEnded: true })
                source.Cancel();
        });

        using var model = Trainer(options).Fit(_photos);

        Assert.AreEqual(TrainingEnd.Canceled, model.Summary!.End);
        Assert.AreEqual(2, model.Summary!.ValidationAccuracies.Count);
        var metrics = _context.MulticlassClassification.Evaluate(model.Transform(options.Validation.Data));
        Assert.AreEqual(model.Summary!.ValidationAccuracies.Max(), metrics.MicroAccuracy, 1e-9);
    }

    [TestMethod]
    public void LearningRatesForTwiceTheBatchSizeAndComputingAgainGiveTheSameModel()
    {
        var expected = Onnx(Trainer(Quick()));
        var scaled = Quick();
        (scaled.LearningRate, scaled.MinLearningRate) = (2 * scaled.LearningRate, 2 * scaled.MinLearningRate);
        scaled.LearningRateBatchSize = 2 * scaled.BatchSize;
        var recomputed = Quick();
        recomputed.GradientCheckpointing = true;

        CollectionAssert.AreEqual(expected, Onnx(Trainer(scaled)));
        CollectionAssert.AreEqual(expected, Onnx(Trainer(recomputed)));
    }

    [TestMethod]
    public void TheModelKnowsItsRecipeAndSoDoesEachFileOfIt()
    {
        var options = Quick(epochs: 1);
        options.Recipe = TrainingRecipe.MmPretrain with { WarmupEpochs = 0.5, Augmentation = new() };
        using var folder = new TemporaryFolder();
        using var model = Trainer(options).Fit(_photos);
        model.SaveAsOnnx(folder.File("model.onnx"), new OnnxExportOptions { Precision = OnnxPrecision.Float16 });
        _context.Model.Save(model, _photos.Schema, folder.File("model.zip"));

        Assert.AreEqual(options.Recipe, TrainingRecipe.FromJson(model.Recipe!));
        Assert.AreEqual((1, "MmPretrain"), (options.Recipe.Epochs, options.Recipe.Name));
        foreach (var file in new[] { "model.onnx", "model.zip" })
        {
            using var loaded = _context.Model.LoadImageClassifier(folder.File(file));
            Assert.AreEqual(model.Recipe, loaded.Recipe, file);
            loaded.SaveAsOnnx(folder.File("again.onnx"));
            using var again = _context.Model.LoadImageClassifier(folder.File("again.onnx"));
            Assert.AreEqual(model.Recipe, again.Recipe, file);
        }
    }

    [TestMethod]
    [DataRow("MicroBatchSize")]
    [DataRow("MaxGradientNorm")]
    [DataRow("WeightAverageDecay")]
    [DataRow("LearningRateBatchSize")]
    [DataRow("RepeatedAugmentation")]
    public void AnOptionOfTheStepReachesIt(string option)
    {
        var options = Quick(epochs: 1);
        var expected = Onnx(Trainer(options));

        switch (option)
        {
            case "MicroBatchSize": options.MicroBatchSize = 4; break;
            case "MaxGradientNorm": options.MaxGradientNorm = 1e-6; break; // near AdamW's epsilon
            case "RepeatedAugmentation": options.Augmentation = new() { RepeatedAugmentation = 2 }; break;
            case "WeightAverageDecay": options.WeightAverageDecay = 0.9; break;
            default: options.LearningRateBatchSize = 16; break;
        }

        CollectionAssert.AreNotEqual(expected, Onnx(Trainer(options)));
    }

    [TestMethod]
    public void ACancelledTokenStopsFitBeforeItReadsAnything()
    {
        var options = Quick();
        options.CancellationToken = new CancellationToken(canceled: true);
        var unreadable = Photo.View(_context, [new Photo { Label = "red" }, new Photo { Label = "blue" }]);

        Assert.ThrowsExactly<OperationCanceledException>(() => Trainer(options).Fit(unreadable));
    }

    [TestMethod]
    public void ABadImageThrowsByDefaultAndIsSkippedWithAWarningOnRequest()
    {
        var photos = Photo.Set(13);
        photos[5].Image = null;
        var context = new MLContext(seed: 1);
        List<string> warnings = [];
        context.Log += (_, e) =>
        {
            if (e.Kind == Runtime.ChannelMessageKind.Warning)
                warnings.Add(e.RawMessage);
        };
        var options = Quick();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Trainer(options).Fit(Photo.View(_context, photos)));
        StringAssert.Contains(error.Message, "row 5");

        options.BadImages = BadImagePolicy.Skip;
        using var model = context.MulticlassClassification.Trainers.Conformer(options).Fit(Photo.View(_context, photos));
        Assert.AreEqual(12, model.Summary!.TrainingImages);
        Assert.IsTrue(warnings.Exists(line => line.Contains("row 5")), string.Join("\n", warnings));
        Assert.IsTrue(warnings.Exists(line => line.Contains("Skipped 1 training images")), string.Join("\n", warnings));
    }

    /// <summary>A network and a schedule that train in about a second.</summary>
    private static ConformerTrainer.Options Quick(int epochs = 2) => ScoringModel.QuickTraining(epochs);

    private static ConformerTrainer Trainer(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);

    /// <summary>The trained network's file, without the recipe, of which several may come to the same.</summary>
    private static byte[] Onnx(ConformerTrainer trainer)
    {
        using var folder = new TemporaryFolder();
        using var model = trainer.Fit(_photos);
        model.SaveAsOnnx(folder.File("model.onnx"));
        var onnx = ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("model.onnx")));
        foreach (var key in (string[])["conformer.recipe", OnnxChecksum.Key])
            onnx.MetadataProps.Remove(onnx.MetadataProps.Single(entry => entry.Key == key));
        return onnx.ToByteArray();
    }

    /// <summary>Unlike Progress{T}, which reports on other threads and later.</summary>
    private sealed class Recorder(Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> Reports { get; } = [];

        public void Report(TrainingProgress value)
        {
            Reports.Add(value);
            then?.Invoke(value);
        }
    }
}
