using System.Reflection;
using System.Text.Json;
using TorchSharp;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>One Fit's training: images, batches, settings, what is told and saved, and the run that a checkpoint is of.</summary>
internal sealed class DetectionRun(ConformerObjectDetectionTrainer.Options options, DetectorArchitecture architecture, ClassLabels labels,
    torch.Device device, TrainingPrecision precision, RankGroup ranks, TrainingLog log)
{
    /// <summary>Another one where older checkpoints no longer say all that a run follows from.</summary>
    private const string CheckpointFormat = "1";

    private const double DecayFactor = 0.1, WarmupRatio = 0.001;

    private readonly ImageFingerprints _fingerprints = new();
    private readonly List<SkippedImage> _skipped = [];

    /// <summary>What ranks that train together, and a run that goes on, must share, by names that a user understands.</summary>
    public Dictionary<string, string> Describe() => new(options.Influences())
    {
        ["the format"] = CheckpointFormat,
        [nameof(options.Precision)] = $"{precision}",
        ["the detector"] = DetectorMetadata.ToJson(architecture),
        ["the classes"] = string.Join(", ", labels.Names),
        ["the library's version"] = $"{typeof(DetectionRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion}, with TorchSharp {typeof(torch).Assembly.GetName().Version}",
    };

    /// <summary>Reads images with their objects, and logs what a user should know of them.</summary>
    /// <exception cref="InvalidOperationException">There is no usable image.</exception>
    public DetectionDataset Read(IDataView data, string role, string folder)
    {
        var defaults = new ImageReadOptions
        {
            ImageColumnName = options.ImageColumnName,
            LabelColumnName = options.LabelColumnName,
            Preprocessor = new ImagePreprocessor(options.ShortestSide, options.Preprocessing.Colors),
            Decoding = options.Decoding,
            BadImages = options.BadImages,
            HashOf = options.Checkpoints.Folder is null ? null : ImageFingerprints.HashOf,
            Caching = options.ImageCaching,
            Tell = message => log.Info($"Of the {role} images: {message}"),
            OnProgress = ranks.All.Rank > 0 ? null
                : (read, total) => options.ReadingProgress?.Report(new ImageReadingProgress(role, read, total)),
            OnBadImage = bad =>
            {
                _skipped.Add(new SkippedImage(role, bad.Row, bad.Path, ClassName: "", bad.Reason));
                log.Warn(Runtime.MessageSensitivity.UserData, $"Skipped a {role} image. {bad.Describe()}");
            },
            TempFolder = folder,
        };
        var isTraining = role == "training";
        var images = DetectionDataset.Read(
            data, options.ObjectColumns, defaults with { MaxCacheBytes = options.MaxCacheBytes ?? defaults.MaxCacheBytes },
            leavesOutEmpty: isTraining && !options.KeepEmptyImages,
            options.Checkpoints.Folder is null ? null : _fingerprints.Of(role), ranks.Cancellation);
        var (empty, bad) = images.LeftOut;
        if (empty > 0)
            log.Info($"Left out {empty} {role} images without an object to learn.");
        if (isTraining && images.Usable.Count < images.Count)
            log.Warn(
                $"Left out {images.Count - images.Usable.Count} training images with a side below {DetectionDataset.LeastSide} pixels.");
        if ((isTraining ? images.Usable.Count : images.Count) == 0)
            using (images)
                throw new InvalidOperationException(
                    $"The {role} data has no usable image (column '{options.ImageColumnName}'): {bad} could not be read, {empty} have no " +
                    $"object (column '{options.LabelColumnName}'), {images.Count} are too small.");
        log.Info($"Read {images.Count} {role} images with {images.ObjectCount} objects.");
        return images;
    }

    /// <summary>Trains a network in place.</summary>
    public TrainingSummary Train(DetectionNetwork network, DetectionDataset images, DetectionDataset? validationImages, CheckpointFolder? checkpoints)
    {
        var augmenter = new ImageAugmenter(options.Augmentation, options.Preprocessing, architecture.HasMasks);
        var batchOptions = new DetectionBatchOptions
        {
            BatchSize = options.BatchSize,
            Seed = options.Seed,
            Divisor = architecture.SizeDivisor,
            Preprocessing = options.Preprocessing,
            Share = new RankShare(ranks.All.Rank, ranks.All.Size),
            Workers = TrainingBatchOptions.WorkersBeside(options.Threads ?? ranks.Processors),
        };
        var validation = validationImages is null ? null : new DetectionEvaluationBatches(validationImages, augmenter, batchOptions);
        var task = new DetectionTask(network, LossRules.Of(architecture.Head), options.Rules, labels.Names);
        var writes = ranks.All.Rank == 0;
        var records = writes
            ? TrainingRecords.Open(
                options.Records, DetectionTask.FigureNames(architecture), options.Preprocessing.Colors, confusion: null, device, log.Warn)
            : [];
        try
        {
            var host = !writes ? new TrainingHost() : new TrainingHost
            {
                Report = Report,
                Tell = log.Info,
                Warn = log.Warn,
                KeepBest = () =>
                {
                    if (checkpoints is not null)
                        AtomicFile.Write(checkpoints.BestPath, stream => stream.Write(ToModel(network).Onnx));
                },
                Checkpoints = checkpoints is null ? null : new RunCheckpoints(checkpoints, DescribeWithImages(), log.Warn),
                Records = records,
            };
            var result = TrainingLoop.Run(
                task, Settings, new DetectionBatches(images, augmenter, batchOptions), validation, host, ranks.Cancellation);
            log.Info(FormattableString.Invariant(
                $"Trained on {TorchDevice.Name(device)}, {result.MillisecondsPerImage:0.0} ms per image; ") +
                $"the weights are those of epoch {result.BestEpoch}.");
            return new TrainingSummary
            {
                Device = TorchDevice.Name(device),
                End = result.End,
                TrainingImages = images.Usable.Count,
                ValidationImages = validationImages?.Count ?? 0,
                SkippedImages = _skipped,
                BestEpoch = result.BestEpoch,
                ValidationFigures = [.. result.Validations.Select(epoch => epoch.Figures)],
                TrainMillisecondsPerImage = result.MillisecondsPerImage,
                Rank = ranks.All.Rank,
                Ranks = ranks.All.Size,
            };
        }
        finally
        {
            foreach (var record in records)
                record.Dispose();
        }
    }

    /// <summary>The network with its weights as they are now.</summary>
    /// <param name="network">The network.</param>
    /// <param name="isOfFiles">Whether the images are named by paths.</param>
    public DetectorModel ToModel(DetectionNetwork network, bool isOfFiles = false) => DetectorModel.Of(
        architecture, options.Rules, options.Preprocessing, labels,
        new StoredWeights(new NetworkWeights(network), network.state_dict().Keys), isOfFiles);

    private TrainingSettings Settings => new()
    {
        Epochs = options.Epochs,
        Schedule = new StepSchedule(options.LearningRate, options.DecayEpochs, DecayFactor, options.WarmupSteps, WarmupRatio),
        WeightAverageDecay = options.WeightAverageDecay,
        Device = device,
        Patience = options.Patience,
        JudgedBy = "AP",
        OnCancel = options.OnCancel,
        OnDivergence = options.OnDivergence,
        Remedy = "Lower LearningRate, lengthen WarmupSteps or set MaxGradientNorm.",
        Step = new StepSettings
        {
            Collective = ranks.All,
            WeightDecay = options.WeightDecay,
            Transfer = new TransferOptions(),
            Precision = precision,
            MaxGradientNorm = options.MaxGradientNorm,
            MicroBatchSize = options.MicroBatchSize,
            MemoryRemedy = "Choose a smaller BatchSize (validation takes it as a whole), LongestSide and ShortestSide, or backbone.",
        },
    };

    private Dictionary<string, string> DescribeWithImages()
    {
        var run = Describe();
        foreach (var (role, value) in _fingerprints.All)
            run[$"the {role} images"] = value;
        return run;
    }

    private void Report(TrainingProgress progress, Validation? validation)
    {
        options.Progress?.Report(progress with { ValidationFigures = validation?.Figures });
        if (!progress.EpochEnded)
            return;
        var told = validation is null ? "" : string.Concat(validation.Figures.Where(figure => double.IsFinite(figure.Value))
            .Select(figure => FormattableString.Invariant($", {figure.Key} {figure.Value:0.0000}")));
        log.Info(FormattableString.Invariant($"Epoch {progress.Epoch}/{progress.Epochs}: loss {progress.Loss:0.0000}{told}, ") +
            FormattableString.Invariant($"{progress.ImagesPerSecond:0.00} images/s, {progress.Remaining:d\\.hh\\:mm\\:ss} left."));
    }
}
