using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>Trains a network to classify images: what the trainers of all networks share.</summary>
/// <remarks><see cref="Fit"/> changes neither the trainer nor its options, so that one trainer may be fitted any number of times.</remarks>
public abstract class ImageClassificationTrainer : IEstimator<ImageClassifierTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly ImageClassificationTrainerOptions _options;

    private protected ImageClassificationTrainer(IHostEnvironment environment, ImageClassificationTrainerOptions options)
    {
        options.Check();
        (_environment, _options) = (environment, options.Copy());
        _host = environment.Register(GetType().Name);
    }

    /// <summary>The shape of the scored data's schema; for EstimatorChain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image or label column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return TrainingColumns.OutputShape(_host, inputSchema, _options.LabelColumnName, _options.ScoringColumns);
    }

    /// <summary>
    /// Trains a network. The data is read once; every check of columns and options comes first, and each folder that will be written to
    /// is made and tested: those of checkpoints and records, the cache's, and MLContext.TempFilePath, which saving the model needs.
    /// </summary>
    /// <param name="input">The training images. Their order does not matter: each epoch has its own.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The image or label column is absent or of another type, or the label has fewer than two classes; or the options' teacher cannot
    /// score images, or has other classes.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// There is no usable image, images of one class only, no usable GPU or execution provider though one was asked for, or training
    /// diverged (<see cref="TrainingDivergedException"/>), or the checkpoints are of another run.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">bfloat16 was asked for, and libtorch's autocast cannot be reached.</exception>
    /// <exception cref="IOException">A folder that would be written to cannot be used; the message says which and why.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    /// <exception cref="InvalidDataException">
    /// An image cannot be read, and the options say to throw; or all checkpoints are damaged; or a teacher's scores are not probabilities.
    /// </exception>
    /// <exception cref="InsufficientMemoryException">A batch does not fit into the device's memory.</exception>
    /// <exception cref="FileNotFoundException">The options' pretrained weights are neither a file nor a published name.</exception>
    /// <exception cref="CheckpointFormatException">The file of pretrained weights is damaged, hostile or of another kind.</exception>
    /// <exception cref="WeightMismatchException">
    /// The pretrained weights do not fit the network; the message says which variant they fit, if any. Or they lack tensors that the
    /// options freeze.
    /// </exception>
    /// <exception cref="WeightDownloadException">Published weights are not on this machine and cannot be downloaded.</exception>
    /// <exception cref="OperationCanceledException">The options' token was canceled.</exception>
    /// <exception cref="RankFailedException">Another one of the ranks that train together failed, or does not come.</exception>
    public ImageClassifierTransformer Fit(IDataView input) => Together(ranks => Train(input, ranks));

    private ImageClassifierTransformer Train(IDataView input, RankGroup ranks)
    {
        var labels = Labels(input, ranks.Cancellation);
        var validationSet = _options.Validation.Data is { } data
            ? ValidationLabels.InOrderOf(_host, labels, data, _options.LabelColumnName, _options.ImageColumnName)
            : null;

        var isOfFiles = input.Schema[_options.ImageColumnName].Type is TextDataViewType;
        using var log = Log("Training", ranks);
        var writes = ranks.All.Rank == 0;
        if (writes)
            TrainingRecords.EnsureFolder(_options.Records);
        using var checkpoints = _options.Checkpoints.Folder is null || !writes ? null : new CheckpointFolder(_options.Checkpoints);
        ExecutionProviderSetup.EnsureUsable(_environment, _options.Scoring);
        var reader = Reader(labels, ranks, log);
        return Run(input, labels, ranks, log, reader, nameof(Fit), (run, images) =>
        {
            using var validationImages = validationSet is null ? null : reader.ForValidation(validationSet);
            var summary = run.Train(images, validationImages, checkpoints, reader.Fingerprints) with
            {
                SkippedImages = reader.Skipped,
                Rank = ranks.All.Rank,
                Ranks = ranks.All.Size,
            };
            if (_options.OnCancel == EarlyEnd.Throw)
                ranks.All.ThrowIfAnyIsCanceled(ranks.Cancellation.IsCancellationRequested, ranks.Cancellation, "the end");
            return new ImageClassifierTransformer(_environment, run.ToModel(isOfFiles), _options.InheritedScoring(), summary);
        });
    }

    /// <summary>
    /// Trains for a hundred steps or so with a rising learning rate, to see which one suits the network, the images and the other options
    /// (the learning-rate range test of Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, as fastai has it).
    /// </summary>
    /// <remarks>
    /// It starts from the weights that <see cref="Fit"/> starts from, and takes Fit's batches, as many epochs of them as it needs; where
    /// Fit keeps a frozen network's features, those. With <see cref="Freezing.Gradual"/> all that is frozen in the first epoch stays so.
    /// Trainer and options stay as they are, and the trained weights are dropped. Learning rate, schedule, validation, checkpoints and
    /// records of the options have no part in it. Where LearningRateBatchSize is set, Fit multiplies its learning rate, which this does
    /// not.
    /// </remarks>
    /// <param name="input">The training images.</param>
    /// <param name="options">The learning rates to try; null for the defaults.</param>
    /// <returns>The loss of each step, and a suggestion.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all that are.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Fit"/>.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="Fit"/>; or the loss is not finite from the start.</exception>
    /// <exception cref="InvalidDataException">An image cannot be read, and the trainer's options say to throw.</exception>
    /// <exception cref="InsufficientMemoryException">A batch does not fit into the device's memory.</exception>
    /// <exception cref="OperationCanceledException">The trainer's options' token was canceled.</exception>
    public LearningRateCurve FindLearningRate(IDataView input, LearningRateFinderOptions? options = null)
    {
        options ??= new LearningRateFinderOptions();
        options.Check();
        return Together(ranks =>
        {
            var labels = Labels(input, ranks.Cancellation);
            using var log = Log("LearningRateFinder", ranks);
            return Run(
                input, labels, ranks, log, Reader(labels, ranks, log), $"{nameof(FindLearningRate)} with {options.Describe()}",
                (run, images) => run.FindLearningRate(images, options));
        });
    }

    /// <summary>
    /// Writes a picture of what training makes of some images: a row for each, with the center crop that validation takes first, then
    /// random variants as the options' augmentation makes them. Where it mixes batches, as many columns follow that are such batches.
    /// Pixels beyond black and white, as random erasing makes them, are cut there.
    /// </summary>
    /// <remarks>
    /// The images are drawn by the options' seed; no others are read. The variants are those of no epoch of <see cref="Fit"/>.
    /// </remarks>
    /// <param name="input">The training images.</param>
    /// <param name="path">A PNG file, which is replaced where it exists; it appears when it is complete. Its folder must exist.</param>
    /// <param name="images">How many images to show, 1-32. Default 8.</param>
    /// <param name="variants">How many variants of each, 1-32. Default 8.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is out of range, or a column as for <see cref="Fit"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no usable image.</exception>
    /// <exception cref="InvalidDataException">An image cannot be read, and the options say to throw.</exception>
    /// <exception cref="DllNotFoundException">Batches are mixed, and libtorch cannot be loaded.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveAugmentedExamples(IDataView input, string path, int images = 8, int variants = 8)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(images, AugmentedExamples.Most);
        ArgumentOutOfRangeException.ThrowIfLessThan(variants, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(variants, AugmentedExamples.Most);
        using var alone = RankGroup.OfOne(_options.CancellationToken);
        var labels = Labels(input, alone.Cancellation);
        using var page = new AtomicFile(path);
        using var log = Log("AugmentedExamples", alone);
        using var photos = Reader(labels, alone, log).ForTraining(input, new ImageSample(images, _options.Seed));
        var recipe = _options.Augmentation;
        if (recipe.Mixes)
            TorchRuntime.EnsureLoaded();
        var examples = new AugmentedExamples(
            photos, new ImageAugmentation(recipe), BatchMixing.Of(recipe, labels.Count, _options.Seed), _options.Seed);
        examples.WritePng(page.Stream, variants);
        AtomicFile.Complete(page);
    }

    private T Together<T>(Func<RankGroup, T> work) =>
        RankWork.Do(_options.Distributed, _options.DistributedTimeout, _options.CancellationToken, work);

    /// <summary>The training classes, after the checks of the columns.</summary>
    private ClassLabels Labels(IDataView input, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(input);
        cancellation.ThrowIfCancellationRequested();
        var label = TrainingColumns.Label(input.Schema, _options.LabelColumnName);
        ShapeColumns.FindImage(input.Schema, _options.ImageColumnName);
        var labels = ClassLabels.Of(label);
        return labels.Faults().FirstOrDefault() is not { } fault
            ? labels
            : throw ColumnErrors.Mismatch(
                "label", label.Name, "a key whose classes can be told apart", fault, "Give every class a name of its own.");
    }

    /// <summary>Does work with the training images and the network that training starts from, which are gone after it.</summary>
    /// <param name="input">The training images.</param>
    /// <param name="labels">The classes.</param>
    /// <param name="ranks">The ranks that do the same.</param>
    /// <param name="log">The log.</param>
    /// <param name="reader">Reads the images.</param>
    /// <param name="what">The work, for ranks that are about to do other work.</param>
    /// <param name="work">It.</param>
    private T Run<T>(IDataView input, ClassLabels labels, RankGroup ranks, TrainingLog log, TrainingImages reader, string what,
        Func<TrainingRun, ImageDataset, T> work)
    {
        OutputFolder.EnsureWritable(
            CallerEnvironment.TempFolder(_environment), "temporary files (MLContext.TempFilePath)", "Set it to another one.");
        if (_options.CacheFolder is { } cache)
            OutputFolder.EnsureWritable(
                cache, $"decoded images ({nameof(_options.CacheFolder)})", "Name another one, or null for MLContext.TempFilePath.");
        var teacher = _options.Distillation.Teacher is null ? null
            : new Teacher(_environment, _options.Distillation, _options.ImageColumnName, labels);
        using var threads = TorchRuntime.UseThreads(_options.Threads, ranks.Processors);
        var gpu = CallerEnvironment.Gpu(_environment);
        var device = TorchDevice.Resolve(_options.Device, gpu, ranks.LocalRank);
        if (ranks.IsBoundToOne)
            log.Warn("mpirun lets each rank use one processor only; start it with --bind-to none.");
        log.Info(TorchDevice.Announce(_options.Device, gpu, device));
        ranks.TrainOn(device, log.Warn);
        var architecture = _options.ArchitectureFor(labels.Count);
        var precision = PrecisionChoice.Of(_options.Precision, device, architecture);
        log.Info($"Computing with {precision}.");
        RankComparison.EnsureSame(
            ranks.All, () => TrainingRun.SharedByRanks(_options, architecture, labels, precision.Precision, what));
        using var network = StartingNetwork(architecture, ranks, log);
        using var images = reader.ForTraining(input);
        EnsureKeysAreNotShifted(images, labels);
        if (images.Labels.Distinct().Count() < 2)
            throw new InvalidOperationException(
                $"All {images.Count} training images have the same label, '{VisibleText.Of(labels.Names[(int)images.Labels[0]])}' " +
                $"(column '{_options.LabelColumnName}'). Classification needs images of at least 2 classes.");
        using var run = new TrainingRun(_options, network, labels, device, precision.Precision, teacher, ranks, log);
        return work(run, images);
    }

    /// <summary>
    /// In a class with a [KeyType] property ML.NET's keys begin with 0: where they begin with 1, the first class has no images, and those
    /// of the last one, beyond the count, have no label.
    /// </summary>
    private void EnsureKeysAreNotShifted(ImageDataset images, ClassLabels labels)
    {
        if (images.UnlabeledCount > 0 && !labels.HaveKeyValues && !images.Labels.Contains(0))
            throw new InvalidOperationException(
                $"{images.UnlabeledCount} training images have no label (column '{_options.LabelColumnName}'), and the first of " +
                $"{labels.Count} classes has no image: the keys seem to be shifted. In a " +
                "class with a [KeyType] property they begin with 0. Or map the labels by mlContext.Transforms.Conversion.MapValueToKey.");
    }

    private VisionNetwork StartingNetwork(VisionArchitecture architecture, RankGroup ranks, TrainingLog log)
    {
        using var pretrained = OpenPretrainedWeights(architecture, ranks, log);
        var network = _options.CreateNetwork(architecture);
        try
        {
            if (pretrained is not null)
            {
                TransferPlan.EnsureNoneIsKeptRandom(network, _options.Transfer, pretrained.Plan);
                new NetworkWeights(network).CopyFrom(pretrained.Plan);
            }
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The weights that the options ask for, matched with the network's shape, or null; what does not fit is logged.</summary>
    private PretrainedWeights? OpenPretrainedWeights(VisionArchitecture architecture, RankGroup ranks, TrainingLog log)
    {
        if (_options.PretrainedWeights is not { } pathOrName)
            return null;
        var download = new WeightDownloadOptions
        {
            Progress = ranks.All.Rank == 0 ? _options.DownloadProgress : null,
            Log = log.Info,
        };
        var pretrained = PretrainedWeights.Open(
            pathOrName, architecture, _options.StrictWeights, _options.PretrainedAverage, download, ranks.Cancellation);
        log.Info($"Starting from {pretrained.Plan.Names.Count()} tensors of {VisibleText.OfPath(pathOrName)}.");
        foreach (var note in pretrained.Plan.Notes)
            log.Info(note);
        foreach (var warning in pretrained.Plan.Warnings)
            log.Warn(warning);
        return pretrained;
    }

    private TrainingImages Reader(ClassLabels labels, RankGroup ranks, TrainingLog log) =>
        new(_options, _options.CacheFolder ?? CallerEnvironment.TempFolder(_environment), labels, ranks, log);

    private TrainingLog Log(string name, RankGroup ranks) => new(_host.Start(name), isHeard: ranks.All.Rank == 0);
}
