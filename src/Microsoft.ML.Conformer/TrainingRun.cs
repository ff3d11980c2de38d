using System.Diagnostics;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Conformer;

/// <summary>One Fit's training: what the options, the images and the log are to the loop.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const int MostClassNames = 20;

    /// <summary>Another one where older checkpoints no longer say all that a run follows from.</summary>
    private const string CheckpointFormat = "2";

    private readonly ImageClassificationTrainerOptions _options;
    private readonly VisionNetwork _network;
    private readonly ClassLabels _labels;
    private readonly TrainingPrecision _precision;
    private readonly IChannel _channel;
    private readonly torch.Device _device;
    private readonly GpuModes _modes;

    public TrainingRun(ImageClassificationTrainerOptions options, VisionNetwork network, ClassLabels labels, torch.Device device,
        TrainingPrecision precision, IChannel channel)
    {
        (_options, _network, _labels, _device, _precision, _channel) = (options, network, labels, device, precision, channel);
        _modes = new GpuModes(device, options.AllowTf32, options.Deterministic);
    }

    /// <summary>Whom the network learns from beside the labels, or null (default).</summary>
    public Teacher? Teacher { get; init; }

    public TrainingSummary Train(
        ImageDataset images, ImageDataset? validationImages, CheckpointFolder? checkpoints, ImageFingerprints fingerprints)
    {
        var records = TrainingRecords.Open(_options.Records, _labels, images.Preprocessor, validationImages, _device, Warn);
        try
        {
            var host = new TrainingHost
            {
                Report = Report,
                Tell = Info,
                Warn = Warn,
                KeepBest = checkpoints is null ? () => { } : () => SaveBest(checkpoints),
                Checkpoints = checkpoints is null ? null : new RunCheckpoints(checkpoints, Describe(fingerprints), Warn),
                Records = records,
            };
            var summary = _options.Transfer.CachesFeatures
                ? TrainHeads(images, validationImages, host)
                : TrainingLoop.Run(
                    Task(_network, images), Settings(), new TrainingBatches(images, BatchOptions(images)),
                    validationImages is null ? null : new EvaluationBatches(validationImages, _options.BatchSize), host,
                    _options.CancellationToken);
            if (summary.End == TrainingEnd.StoppedEarly)
                Info($"Training ended after epoch {summary.ValidationAccuracies.Count} of {_options.Epochs}: by " +
                    $"{_options.Validation.BestBy} none since epoch {summary.BestEpoch} was better, and Patience is " +
                    $"{_options.Validation.Patience}.");
            Info(FormattableString.Invariant(
                $"Trained on {summary.Device}, {summary.TrainMillisecondsPerImage:0.0} ms per image; ") +
                $"the weights are those of epoch {summary.BestEpoch}.");
            return summary;
        }
        finally
        {
            foreach (var record in records)
                record.Dispose();
        }
    }

    /// <summary>Tries learning rates; the network is good for nothing afterwards.</summary>
    public LearningRateCurve FindLearningRate(ImageDataset images, LearningRateFinderOptions options)
    {
        var (settings, batches) = (Settings(), new TrainingBatches(images, BatchOptions(images)));
        var curve = LearningRateFinder.Run(
            Task(_network, images), settings.Step, _device, batches, settings.BatchAugmentation, options, Warn, _options.CancellationToken);
        var last = curve.Points[^1].LearningRate;
        Info(FormattableString.Invariant($"Took {curve.Points.Count} steps up to a learning rate of {last:0.0e-0}; ") +
            (curve.Suggestion is { } rate ? FormattableString.Invariant($"{rate:0.0e-0} may do.") : "the loss does not fall."));
        return curve;
    }

    public void Dispose() => _modes.Dispose();

    /// <summary>Trains the heads on what the frozen network makes of the images, which is computed once.</summary>
    private TrainingSummary TrainHeads(ImageDataset images, ImageDataset? validationImages, TrainingHost host)
    {
        var options = BatchOptions(images);
        var (batches, views) = (new TrainingBatches(images, options), _options.Transfer.CachedViews);
        var all = new TrainingBatches(images, options with { KeepsLast = true, Balanced = false, Views = 1, Teacher = null });
        var training = new FeatureBatches(
            Features(views == 1 ? InOrder(images) : all, views, "training"), batches, images.Labels, _options.BatchSize, batches.Order,
            options.Teacher);
        var validation = validationImages is null ? null : new FeatureBatches(
            Features(InOrder(validationImages), 1, "validation"), InOrder(validationImages), validationImages.Labels, _options.BatchSize,
            _ => [.. Enumerable.Range(0, validationImages.Count)]);
        // There are no images to mix, and so little to compute that fewer bits would not be faster.
        var settings = Settings() with { BatchAugmentation = null };
        settings = settings with { Step = settings.Step with { Precision = TrainingPrecision.Float32 } };
        Info("The network is frozen: from here on its heads alone are trained, on these features.");
        return TrainingLoop.Run(
            Task(new FeatureNetwork(_network), images), settings, training, validation, host, _options.CancellationToken);

        EvaluationBatches InOrder(ImageDataset dataset) => new(dataset, _options.BatchSize);
    }

    private IReadOnlyList<float[]> Features(IBatchSource images, int views, string role)
    {
        var clock = Stopwatch.StartNew();
        var features = FrozenFeatures.Of(_network, images, views, _device, _options.CancellationToken);
        Info(FormattableString.Invariant($"Computed the network's features of {images.ImageCount} {role} images, {views} for each, in ") +
            FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:0.0} s."));
        return features;
    }

    private ClassificationTask Task(VisionNetwork network, ImageDataset images)
    {
        var weights = new ClassWeights(images.Labels, _labels.Count);
        if (_options.ClassBalance == ClassBalance.Weights)
            Info($"An image's loss counts by its class: {weights.Describe(_labels.Names)}.");
        else if (_options.ClassBalance == ClassBalance.Sampler)
            Info($"An epoch shows each class equally often: {weights.Describe(_labels.Names)}.");
        var (distilled, isHard) = (_options.Distillation, _options.Distillation.Kind == DistillationKind.Hard);
        return new(
            network, _options.LabelSmoothing, _options.Recipe.HeadLosses, _options.ClassBalance == ClassBalance.Weights ? weights : null,
            Teacher is null ? null : new DistillationLoss(isHard, distilled.Temperature, distilled.Weight));
    }

    private IBatchTeacher? BatchTeacher(ImageDataset images)
    {
        if (Teacher is null)
            return null;
        var isAugmented = _options.Augmentation.CropAreaMin < 1 && !_options.Transfer.CachesFeatures;
        if (_options.Distillation.TeacherInput == TeacherInput.Augmented && isAugmented)
            return new AugmentedImageTeacher(Teacher, images);
        var clock = Stopwatch.StartNew();
        var teacher = new WholeImageTeacher(Teacher, images, _options.CancellationToken);
        Info(FormattableString.Invariant($"The teacher scored {images.Count} images in {clock.Elapsed.TotalSeconds:0.0} s."));
        return teacher;
    }

    private TrainingBatchOptions BatchOptions(ImageDataset images) => new()
    {
        BatchSize = _options.BatchSize,
        Seed = _options.Seed,
        Augmentation = new ImageAugmentation(_options.Augmentation),
        Teacher = BatchTeacher(images),
        Balanced = _options.ClassBalance == ClassBalance.Sampler,
        Views = _options.Augmentation.RepeatedAugmentation,
        Workers = TrainingBatchOptions.WorkersBeside(_options.Threads ?? Environment.ProcessorCount),
    };

    private TrainingSettings Settings() => new()
    {
        Recipe = _options.Recipe,
        LearningRateScale = _options.LearningRateScale,
        Device = _device,
        BestBy = _options.Validation.BestBy,
        Patience = _options.Validation.Patience,
        OnCancel = _options.OnCancel,
        OnDivergence = _options.OnDivergence,
        BatchAugmentation = BatchMixing.Of(_options.Augmentation, _labels.Count, _options.Seed),
        Step = new StepSettings
        {
            WeightDecay = _options.WeightDecay,
            Transfer = _options.Transfer,
            Precision = _precision,
            MaxGradientNorm = _options.MaxGradientNorm,
            MicroBatchSize = _options.MicroBatchSize,
            SmallestMicroBatch = _options.ImageSize == _network.Architecture.SmallestImageSize ? 2 : 1,
            GradientCheckpointing = _options.GradientCheckpointing,
        },
    };

    /// <summary>What a run that goes on from a checkpoint must share, by names that a user understands.</summary>
    private Dictionary<string, string> Describe(ImageFingerprints fingerprints)
    {
        var run = _options.Influences().ToDictionary(
            influence => influence.Name, influence => FormattableString.Invariant($"{influence.Value ?? "null"}"));
        run["the format"] = CheckpointFormat;
        run[nameof(_options.Precision)] = $"{_precision}";
        run["the network's architecture"] = KnownNetworks.ToJson(_network.Architecture, JsonSerializerOptions.Default);
        var names = string.Join(", ", _labels.Names);
        run["the classes"] = _labels.Count <= MostClassNames ? names
            : $"{_labels.Count} with the hash {Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(names)))}";
        foreach (var (role, value) in fingerprints.All)
            run[$"the {role} images"] = value;
        return run;
    }

    /// <summary>Writes the model with the network's weights, so that even a crash leaves it.</summary>
    private void SaveBest(CheckpointFolder checkpoints)
    {
        var weights = new StoredWeights(new NetworkWeights(_network), _network.state_dict().Keys);
        var model = new TrainedModel(_network.Architecture, weights, _options.ImageSize, _labels, _options.ScoringColumns)
        {
            Recipe = _options.Recipe.ToJson(),
        };
        var path = Path.Combine(checkpoints.Path, "best.onnx");
        try
        {
            AtomicFile.Write(path, stream => OnnxModelWriter.Write(
                stream, model.Build(OnnxInputKind.NormalizedNchw, new OnnxExportOptions(), includeClassIndex: false)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The best model so far cannot be written to '{path}': {exception.Message} Training goes on.", exception);
        }
    }

    private void Report(TrainingProgress progress)
    {
        _options.Progress?.Report(progress);
        if (!progress.EpochEnded)
            return;
        var validation = progress is { ValidationAccuracy: { } accuracy, ValidationMacroAccuracy: { } macro, ValidationLoss: { } loss }
            ? FormattableString.Invariant($", validation accuracy {accuracy:0.0000} (macro {macro:0.0000}), validation loss {loss:0.0000}")
            : "";
        Info(FormattableString.Invariant($"Epoch {progress.Epoch}/{progress.Epochs}: loss {progress.Loss:0.0000}{validation}, ") +
            FormattableString.Invariant($"{progress.ImagesPerSecond:0.0} images/s, {progress.Remaining:d\\.hh\\:mm\\:ss} left."));
    }

    private void Info(string message) => _channel.Info(MessageSensitivity.None, "{0}", message);

    private void Warn(string message) => _channel.Warning(MessageSensitivity.None, "{0}", message);
}
