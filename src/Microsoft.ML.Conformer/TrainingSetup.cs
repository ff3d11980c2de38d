using TorchSharp;

namespace Microsoft.ML.Conformer;

/// <summary>
/// What a trainer's options make of images: a task, batches and settings, the same for a run and for the search for its learning rate.
/// Where features are cached, these are those of the heads, trained on features.
/// </summary>
/// <param name="options">The trainer's.</param>
/// <param name="network">With the weights that training starts from. It is not disposed.</param>
/// <param name="labels">The classes.</param>
/// <param name="device">Where to train.</param>
/// <param name="precision">The numbers to train with, not Auto.</param>
/// <param name="ranks">The ranks that train together.</param>
/// <param name="tell">Told what a user may want to know.</param>
internal sealed class TrainingSetup(ImageClassificationTrainerOptions options, VisionNetwork network, ClassLabels labels,
    torch.Device device, TrainingPrecision precision, RankGroup ranks, Action<string> tell) : IDisposable
{
    private readonly RankShare _share = new(ranks.All.Rank, ranks.All.Size);
    private readonly FrozenFeatures? _features = options.Transfer.CachesFeatures
        ? new(network, device, options.MicroBatchSize ?? options.BatchSize, ranks.All, tell, ranks.Cancellation) : null;
    private FeatureNetwork? _heads;

    private int SmallestBatch => options.ImageSize == network.Architecture.SmallestImageSize ? 2 : 1;

    /// <summary>Whom the network learns from beside the labels, or null (default).</summary>
    public Teacher? Teacher { get; init; }

    /// <summary>With features there is nothing to mix, and so little to compute that fewer bits would not be faster.</summary>
    public TrainingSettings Settings => new()
    {
        Epochs = options.Epochs,
        Schedule = new CosineSchedule(options.Recipe, options.LearningRateScaleFor(ranks.All.Size)),
        WeightAverageDecay = options.Recipe.WeightAverageDecay,
        Device = device,
        Patience = options.Validation.Patience,
        JudgedBy = $"{options.Validation.BestBy}",
        OnCancel = options.OnCancel,
        OnDivergence = options.OnDivergence,
        BatchAugmentation = _features is null ? BatchMixing.Of(options.Augmentation, labels.Count, options.Seed) : null,
        Step = new StepSettings
        {
            Collective = ranks.All,
            WeightDecay = options.WeightDecay,
            Transfer = options.Transfer,
            Precision = _features is null ? precision : TrainingPrecision.Float32,
            MaxGradientNorm = options.MaxGradientNorm,
            MicroBatchSize = options.MicroBatchSize,
            SmallestMicroBatch = SmallestBatch,
            GradientCheckpointing = options.GradientCheckpointing,
        },
    };

    /// <exception cref="InvalidOperationException">There are too few images for the ranks, or these have other frozen weights.</exception>
    public IBatchSource Batches(ImageDataset images)
    {
        if (_share.ImagesOf(images.Count) < SmallestBatch)
            throw new InvalidOperationException(
                $"{images.Count} training images are one for each of {ranks.All.Size} ranks, and BatchNorm needs {SmallestBatch} at once " +
                $"where {nameof(options.ImageSize)} is {options.ImageSize}. Start fewer ranks.");
        if (_features is not null)
            RankComparison.EnsureSame(
                ranks.All, () => new Dictionary<string, string> { ["the frozen network's hash"] = FrozenFeatures.HashOf(network) });
        var batches = BatchOptions(images);
        if (_features is null)
            return new TrainingBatches(images, batches);
        var views = options.Transfer.CachedViews;
        if (views > 1 && options.Augmentation.Mixes)
            tell("Transfer.CachedViews keeps features, which are not mixed: Mixup and CutMix of Augmentation have no part in training.");
        var features = _features.OfTraining(images, batches, views);
        tell("The network is frozen: its heads alone are trained, on these features.");
        return features;
    }

    public IBatchSource ValidationBatches(ImageDataset images) =>
        _features is null ? new EvaluationBatches(images, options.BatchSize, _share, ranks.Processors)
            : _features.OfValidation(images, options.BatchSize);

    /// <summary>Of the network, or of its heads alone, which belong to this.</summary>
    public ClassificationTask Task(ImageDataset images)
    {
        var weights = new ClassWeights(images.Labels, labels.Count);
        if (options.ClassBalance == ClassBalance.Weights)
            tell($"An image's loss counts by its class: {weights.Describe(labels.Names)}.");
        else if (options.ClassBalance == ClassBalance.Sampler)
            tell($"An epoch shows each class equally often: {weights.Describe(labels.Names)}.");
        var (distilled, isHard) = (options.Distillation, options.Distillation.Kind == DistillationKind.Hard);
        return new(
            _features is null ? network : _heads ??= new FeatureNetwork(network), options.LabelSmoothing, options.Recipe.HeadLosses,
            options.ClassBalance == ClassBalance.Weights ? weights : null,
            Teacher is null ? null : new DistillationLoss(isHard, distilled.Temperature, distilled.Weight))
        {
            BestBy = options.Validation.BestBy,
        };
    }

    public void Dispose() => _heads?.Dispose();

    private TrainingBatchOptions BatchOptions(ImageDataset images) => new()
    {
        BatchSize = options.BatchSize,
        Seed = options.Seed,
        Augmentation = new ImageAugmentation(options.Augmentation),
        Teacher = BatchTeacher(images),
        Balanced = options.ClassBalance == ClassBalance.Sampler,
        Views = options.Augmentation.RepeatedAugmentation,
        Share = _share,
        Workers = TrainingBatchOptions.WorkersBeside(options.Threads ?? ranks.Processors),
    };

    private IBatchTeacher? BatchTeacher(ImageDataset images)
    {
        var input = _features is null && options.Augmentation.CropAreaMin < 1 ? options.Distillation.TeacherInput : TeacherInput.Original;
        return Teacher?.OfBatches(images, input, tell, ranks.Cancellation);
    }
}
