using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Weights.Safetensors;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>Training that keeps some of the weights it starts from, with the trainer.</summary>
[TestClass]
public sealed class ConformerTrainerTransferTests
{
    private static readonly TemporaryFolder _folder = new();
    private static readonly string _weights = _folder.File("weights.safetensors");

    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _log = [];

    public ConformerTrainerTransferTests() => _context.Log += (_, e) => _log.Add(e.RawMessage);

    [ClassInitialize]
    public static void Write(TestContext _)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 7);
        SafetensorsWriter.Write(_weights, ScoringModel.Architecture.StateDict(), new NetworkWeights(network));
    }

    [ClassCleanup]
    public static void Delete() => _folder.Dispose();

    /// <summary>Nothing is random of images of the network's size: each is its own view.</summary>
    [LeakCheckedTestMethod]
    public void HeadsTrainedOnCachedFeaturesAreThoseTrainedThroughTheFrozenNetwork()
    {
        var photos = Photo.View(_context, Photo.Set(26));
        var options = Options(Freezing.Backbone, epochs: 4);
        options.Augmentation = new() { CropAreaMin = 1, HorizontalFlipProbability = 0 };
        options.Validation.Data = Photo.View(_context, Photo.Set(12, seed: 2));

        using var cached = Fit(options, photos);
        options.Transfer.CachedViews = 0;
        using var through = Fit(options, photos);
        options.LearningRate = 1e-9;
        using var untrained = Fit(options, photos);

        var scores = new[] { cached, through, untrained }.Select(model => ScoringModel.Scores(model.Transform(photos))).ToList();
        Assert.IsLessThan(1e-5, ScoringModel.Difference(scores[0], scores[1]));
        Assert.IsGreaterThan(0.05, ScoringModel.Difference(scores[0], scores[2]));
        CollectionAssert.AreEqual(
            through.Summary!.ValidationAccuracies.ToArray(), cached.Summary!.ValidationAccuracies.ToArray());
        Assert.AreEqual((26, 12), (cached.Summary!.TrainingImages, cached.Summary!.ValidationImages));
    }

    [LeakCheckedTestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void TheModelScoresAsItsHeadsWereValidatedAndTheLogSaysWhatIsFrozen(int views)
    {
        using var folder = new TemporaryFolder();
        var options = Options(Freezing.Backbone, epochs: 6);
        options.Transfer.CachedViews = views;
        options.Validation.Data = Photo.View(_context, Photo.Set(12, seed: 2, width: 40, height: 36));
        options.Records.Folder = folder.File("records");
        options.Checkpoints.Folder = folder.File("checkpoints");

        using var model = Fit(options, Photo.View(_context, Photo.Set(26, width: 44, height: 40)));
        using var best = _context.Model.LoadImageClassifier(Path.Combine(options.Checkpoints.Folder, "best.onnx"));

        var scored = model.Transform(options.Validation.Data);
        var accuracies = model.Summary!.ValidationAccuracies;
        Assert.AreEqual(
            accuracies[model.Summary!.BestEpoch - 1], _context.MulticlassClassification.Evaluate(scored).MicroAccuracy, 1e-9);
        Assert.IsGreaterThan(0.5, accuracies.Max());
        Assert.IsLessThan(
            1e-6, ScoringModel.Difference(ScoringModel.Scores(scored), ScoringModel.Scores(best.Transform(options.Validation.Data))));
        Assert.IsTrue(_log.Exists(line => line.Contains($"features of 26 training images, {views} for each, in ")), string.Join("\n", _log));
        Assert.IsTrue(_log.Exists(line => line.Contains("features of 12 validation images, 1 for each, in ")));
        Assert.IsTrue(_log.Exists(line => line.Contains("its heads alone are trained")));
    }

    [LeakCheckedTestMethod]
    [DataRow(1, 0.8, "each image is taken as it is scored, and Augmentation has no part")]
    [DataRow(2, 0.8, "are not mixed: Mixup and CutMix of Augmentation have no part")]
    [DataRow(2, 0.0, null)]
    [DataRow(0, 0.8, null, DisplayName = "all has a part where no features are kept")]
    public void TheLogSaysWhichAugmentationHasNoPart(int views, double mixupAlpha, string? expected)
    {
        var options = Options(Freezing.Backbone, epochs: 1);
        (options.Transfer.CachedViews, options.Augmentation) = (views, new() { MixupAlpha = mixupAlpha });

        using var model = Fit(options, Photo.View(_context, Photo.Set(9)));

        var lines = _log.Where(line => line.Contains("no part")).ToList();
        Assert.AreEqual(expected is null ? 0 : 1, lines.Count, string.Join("\n", lines));
        if (expected is not null)
            StringAssert.Contains(lines[0], expected);
    }

    [LeakCheckedTestMethod]
    [DataRow(Freezing.Gradual, 1, DisplayName = "gradual, before a layer joins")]
    [DataRow(Freezing.Gradual, 2, DisplayName = "gradual, after it")]
    [DataRow(Freezing.Backbone, 2, DisplayName = "cached features")]
    public void ARunCanceledInAnEpochAndResumedEndsWithTheSameBytes(Freezing freeze, int epochs)
    {
        using var folder = new TemporaryFolder();
        var photos = Photo.View(_context, Photo.Set(24));
        var options = Options(freeze, epochs: 4);
        (options.Transfer.LayerDecay, options.WeightAverageDecay) = (freeze == Freezing.Backbone ? 1 : 0.75, 0.9);
        using (var whole = Fit(options, photos))
            whole.SaveAsOnnx(folder.File("whole.onnx"));

        options.Checkpoints.Folder = folder.File("checkpoints");
        using var source = new CancellationTokenSource();
        options.CancellationToken = source.Token;
        options.Progress = new Canceling(source, epochs + 1);
        Assert.ThrowsExactly<OperationCanceledException>(() => Fit(options, photos));
        (options.CancellationToken, options.Progress, options.Checkpoints.Resume) = (default, null, true);
        using (var resumed = Fit(options, photos))
            resumed.SaveAsOnnx(folder.File("resumed.onnx"));

        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("whole.onnx")), File.ReadAllBytes(folder.File("resumed.onnx")));
    }

    /// <summary>The checkpoint has the heads only, and options name the file: neither tells one network from another.</summary>
    [LeakCheckedTestMethod]
    public void HeadsAreNotTrainedOnAboveAnotherFrozenNetwork()
    {
        using var folder = new TemporaryFolder();
        var (photos, options) = (Photo.View(_context, Photo.Set(12)), Options(Freezing.Backbone, epochs: 2));
        (options.PretrainedWeights, options.Checkpoints.Folder) = (folder.File("weights.safetensors"), folder.File("checkpoints"));
        File.Copy(_weights, options.PretrainedWeights);
        Fit(options, photos).Dispose();
        using (var other = new ConformerNetwork(ScoringModel.Architecture, seed: 8))
            SafetensorsWriter.Write(options.PretrainedWeights, ScoringModel.Architecture.StateDict(), new NetworkWeights(other));
        options.Checkpoints.Resume = true;

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(options, photos));

        StringAssert.Contains(error.Message, "the frozen network was one with the hash ");
    }

    [LeakCheckedTestMethod]
    [DataRow(Freezing.Backbone, false, "trans_norm.weight")]
    [DataRow(Freezing.Backbone, false, "bn1.running_mean")]
    [DataRow(Freezing.Gradual, false, "conv1.weight", DisplayName = "frozen for a while")]
    [DataRow(Freezing.None, true, "bn1.running_var")]
    public void WhatIsFrozenMustComeFromTheFile(Freezing freeze, bool batchNorm, string missing)
    {
        using var folder = new TemporaryFolder();
        var options = Lacking(missing, folder, freeze, batchNorm);

        var error = Assert.ThrowsExactly<WeightMismatchException>(() => Fit(options, Photo.View(_context, Photo.Set(9))));

        StringAssert.Contains(error.Message, $"{missing} is left at its initial values, and frozen.");
        Assert.AreEqual(1, error.Faults.Count);
    }

    [LeakCheckedTestMethod]
    [DataRow(Freezing.Gradual, false, "trans_norm.weight", DisplayName = "in the layer of the heads")]
    [DataRow(Freezing.Backbone, false, "trans_cls_head.weight")]
    [DataRow(Freezing.None, true, "conv1.weight")]
    public void WhatIsTrainedFromTheStartMayBeginAtRandom(Freezing freeze, bool batchNorm, string missing)
    {
        using var folder = new TemporaryFolder();

        using var model = Fit(Lacking(missing, folder, freeze, batchNorm), Photo.View(_context, Photo.Set(9)));

        Assert.IsTrue(_log.Exists(line => line.StartsWith(missing) && line.Contains("is missing")), string.Join("\n", _log));
    }

    /// <summary>Images of the network's size that nothing varies are their own features' views.</summary>
    [LeakCheckedTestMethod]
    public void TheLearningRateOfTheHeadsIsFoundOnTheFeaturesThatFitTrainsThemOn()
    {
        var options = Options(Freezing.Backbone, epochs: 1);
        options.Augmentation = new() { CropAreaMin = 1, HorizontalFlipProbability = 0 };
        var cached = Find();
        options.Transfer.CachedViews = 0;
        var through = Find();
        (options.Transfer.CachedViews, options.Augmentation) = (1, new() { MixupAlpha = 0.8, RepeatedAugmentation = 3 });
        options.Precision = TrainingPrecision.Auto;
        var varied = Find();

        foreach (var (one, other) in cached.Zip(through))
            Assert.AreEqual(other, one, 1e-5);
        CollectionAssert.AreEqual(cached, varied, "augmentation and precision have no part");
        Assert.AreEqual(2, _log.Count(line => line.Contains("features of 24 training images")));

        List<double> Find() =>
        [
            .. Trainer(options).FindLearningRate(
                Photo.View(_context, Photo.Set(24)), new LearningRateFinderOptions { Steps = 20, Max = 1e-3 })
                .Points.Select(point => point.Loss),
        ];
    }

    private ImageClassifierTransformer Fit(ConformerTrainer.Options options, IDataView photos) => Trainer(options).Fit(photos);

    private ConformerTrainer Trainer(ConformerTrainer.Options options) => _context.MulticlassClassification.Trainers.Conformer(options);

    /// <summary>Training from a file of all tensors but one.</summary>
    private static ConformerTrainer.Options Lacking(string missing, TemporaryFolder folder, Freezing freeze, bool batchNorm)
    {
        var options = Options(freeze, epochs: 3);
        (options.PretrainedWeights, options.StrictWeights) = (folder.File("weights.safetensors"), false);
        options.Transfer.FreezeBatchNorm = batchNorm;
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 7);
        SafetensorsWriter.Write(options.PretrainedWeights,
            ScoringModel.Architecture.StateDict().Where(tensor => tensor.Name != missing), new NetworkWeights(network));
        return options;
    }

    private static ConformerTrainer.Options Options(Freezing freeze, int epochs)
    {
        var options = ScoringModel.QuickTraining(epochs);
        (options.PretrainedWeights, options.Precision) = (_weights, TrainingPrecision.Float32);
        (options.LearningRate, options.Transfer.HeadLearningRateFactor) = (2e-3, 5);
        (options.Transfer.Freeze, options.Transfer.UnfreezingEpochs) = (freeze, freeze == Freezing.Gradual ? 2 : 4);
        return options;
    }

    /// <summary>Cancels after the first step of an epoch from 1.</summary>
    private sealed class Canceling(CancellationTokenSource source, int epoch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Epoch == epoch && !value.EpochEnded)
                source.Cancel();
        }
    }
}
