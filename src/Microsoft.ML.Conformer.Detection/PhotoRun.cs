using System.Reflection;
using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// One Fit's training of a network that sees whole photos: its images, settings, what is told and saved, and the run that a checkpoint is
/// of.
/// </summary>
/// <typeparam name="TNetwork">What is trained.</typeparam>
/// <typeparam name="TImages">What it is trained with.</typeparam>
/// <param name="options">The trainer's.</param>
/// <param name="scope">What the Fit has open.</param>
internal abstract class PhotoRun<TNetwork, TImages>(PhotoTrainerOptions options, FitScope scope) : IDisposable
    where TNetwork : torch.nn.Module, ITrainableNetwork
    where TImages : PhotoDataset
{
    /// <summary>Another one where older checkpoints no longer say all that a run follows from.</summary>
    private const string CheckpointFormat = "1";

    private readonly ImageFingerprints _fingerprints = new();
    private readonly List<SkippedImage> _skipped = [];
    private TNetwork? _network;

    protected FitScope Scope => scope;

    /// <summary>There is one once <see cref="Fit"/> began.</summary>
    protected TNetwork Network => _network!;

    /// <summary>Whether the training images are named by paths.</summary>
    protected bool IsOfFiles { get; private set; }

    /// <summary>Beside the options, what ranks and runs that go on must share, by names that a user understands.</summary>
    protected abstract IEnumerable<(string Name, string Value)> Facts { get; }

    /// <summary>The names of a validation's figures.</summary>
    protected abstract IReadOnlyList<string> FigureNames { get; }

    /// <summary>The figure by which one epoch is better than another.</summary>
    protected abstract string JudgedBy { get; }

    protected abstract ILearningRateSchedule Schedule { get; }

    /// <summary>What may help where a batch does not fit into the device's memory, as a sentence that names options.</summary>
    protected abstract string MemoryRemedy { get; }

    /// <summary>Trains a network. The data is read once.</summary>
    /// <param name="input">The training images; they were checked, as were the options' for validation.</param>
    /// <returns>How it went.</returns>
    public TrainingSummary Fit(IDataView input)
    {
        IsOfFiles = input.Schema[options.ImageColumnName].Type is TextDataViewType;
        RankComparison.EnsureSame(scope.Ranks.All, Describe);
        _network = CreateNetwork();
        TakePretrainedWeights();
        using var modes = new GpuModes(scope.Device, options.AllowTf32, options.Deterministic);
        using var images = Read(input, "training");
        using var validation = options.ValidationSet is null ? null : Read(options.ValidationSet, "validation");
        var records = scope.Writes
            ? TrainingRecords.Open(
                options.Records, FigureNames, options.Preprocessing.Colors, confusion: null, scope.Device, scope.Log.Warn)
            : [];
        try
        {
            var batches = new PhotoBatchOptions
            {
                BatchSize = options.BatchSize,
                Seed = options.Seed,
                Divisor = options.TrainedBackbone.SizeDivisor,
                Preprocessing = options.Preprocessing,
                Share = new RankShare(scope.Ranks.All.Rank, scope.Ranks.All.Size),
                Workers = TrainingBatchOptions.WorkersBeside(options.Threads ?? scope.Ranks.Processors),
            };
            var (task, training) = Prepare(images, validation, batches);
            var result = TrainingLoop.Run(
                task, Settings, training, validation is null ? null : new PhotoEvaluationBatches(validation, batches), Host(records),
                scope.Ranks.Cancellation);
            scope.Log.Info(FormattableString.Invariant(
                $"Trained on {TorchDevice.Name(scope.Device)}, {result.MillisecondsPerImage:0.0} ms per image; ") +
                $"the weights are those of epoch {result.BestEpoch}.");
            return new TrainingSummary
            {
                Device = TorchDevice.Name(scope.Device),
                End = result.End,
                TrainingImages = images.Usable.Count,
                ValidationImages = validation?.Count ?? 0,
                SkippedImages = _skipped,
                BestEpoch = result.BestEpoch,
                ValidationFigures = [.. result.Validations.Select(epoch => epoch.Figures)],
                TrainMillisecondsPerImage = result.MillisecondsPerImage,
                Rank = scope.Ranks.All.Rank,
                Ranks = scope.Ranks.All.Size,
            };
        }
        finally
        {
            foreach (var record in records)
                record.Dispose();
        }
    }

    public void Dispose() => _network?.Dispose();

    protected abstract TNetwork CreateNetwork();

    /// <summary>What of a file of weights goes where.</summary>
    protected abstract WeightPlan Match(CheckpointFile file);

    /// <summary>Reads images with what is known of them, and logs what a user should know of it.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="role">Training or validation.</param>
    /// <param name="reading">How images are read; the label column is to be named.</param>
    /// <param name="fingerprint">Is told of each image where there are checkpoints.</param>
    /// <exception cref="InvalidOperationException">There is no usable image.</exception>
    protected abstract TImages Read(IDataView data, string role, ImageReadOptions reading, ImageFingerprints.Fingerprint? fingerprint);

    /// <summary>What is trained, and on what.</summary>
    protected abstract (ITrainingTask Task, IBatchSource Training) Prepare(TImages images, TImages? validation, PhotoBatchOptions batches);

    /// <summary>The file of the network with its weights as they are now.</summary>
    protected abstract byte[] ToOnnx();

    /// <summary>The network's weights as they are now.</summary>
    protected StoredWeights Weights() => new(new NetworkWeights(Network), Network.state_dict().Keys);

    private TrainingSettings Settings => new()
    {
        Epochs = options.Epochs,
        Schedule = Schedule,
        WeightAverageDecay = options.WeightAverageDecay,
        Device = scope.Device,
        Patience = options.Patience,
        JudgedBy = JudgedBy,
        OnCancel = options.OnCancel,
        OnDivergence = options.OnDivergence,
        Remedy = "Lower LearningRate, lengthen WarmupSteps or set MaxGradientNorm.",
        Step = new StepSettings
        {
            Collective = scope.Ranks.All,
            WeightDecay = options.WeightDecay,
            Precision = scope.Precision,
            MaxGradientNorm = options.MaxGradientNorm,
            MicroBatchSize = options.MicroBatchSize,
            SmallestMicroBatch = options.SmallestBatch,
            MemoryRemedy = MemoryRemedy,
        },
    };

    private void TakePretrainedWeights()
    {
        if (options.PretrainedWeights is not { } pathOrName)
            return;
        var log = scope.Log;
        var path = PretrainedWeights.Locate(nameof(options.PretrainedWeights), pathOrName, expected: null, new WeightDownloadOptions
        {
            Progress = scope.Writes ? options.DownloadProgress : null,
            Log = log.Info,
        }, scope.Ranks.Cancellation);
        using var file = CheckpointFile.Open(path, options.PretrainedAverage);
        var plan = Match(file);
        log.Info($"Starting from {plan.Names.Count()} tensors of {VisibleText.OfPath(pathOrName)}.");
        foreach (var note in plan.Notes)
            log.Info(note);
        foreach (var warning in plan.Warnings)
            log.Warn(warning);
        new NetworkWeights(Network).CopyFrom(plan);
    }

    private TImages Read(IDataView data, string role)
    {
        var hasCheckpoints = options.Checkpoints.Folder is not null;
        var defaults = new ImageReadOptions
        {
            ImageColumnName = options.ImageColumnName,
            LabelColumnName = "",
            Preprocessor = new ImagePreprocessor(options.ShortestSide, options.Preprocessing.Colors),
            Decoding = options.Decoding,
            BadImages = options.BadImages,
            HashOf = hasCheckpoints ? ImageFingerprints.HashOf : null,
            Caching = options.ImageCaching,
            Tell = message => scope.Log.Info($"Of the {role} images: {message}"),
            OnProgress = scope.Writes
                ? (read, total) => options.ReadingProgress?.Report(new ImageReadingProgress(role, read, total))
                : null,
            OnBadImage = bad =>
            {
                _skipped.Add(new SkippedImage(role, bad.Row, bad.Path, ClassName: "", bad.Reason));
                scope.Log.Warn(Runtime.MessageSensitivity.UserData, $"Skipped a {role} image. {bad.Describe()}");
            },
            TempFolder = scope.CacheFolder,
        };
        return Read(
            data, role, defaults with { MaxCacheBytes = options.MaxCacheBytes ?? defaults.MaxCacheBytes },
            hasCheckpoints ? _fingerprints.Of(role) : null);
    }

    private TrainingHost Host(IReadOnlyList<ITrainingRecord> records) => !scope.Writes ? new TrainingHost() : new TrainingHost
    {
        Report = Report,
        Tell = scope.Log.Info,
        Warn = scope.Log.Warn,
        KeepBest = () =>
        {
            if (scope.Checkpoints is { } checkpoints)
                AtomicFile.Write(checkpoints.BestPath, stream => stream.Write(ToOnnx()));
        },
        Checkpoints = scope.Checkpoints is null ? null : new RunCheckpoints(scope.Checkpoints, DescribeWithImages(), scope.Log.Warn),
        Records = records,
    };

    /// <summary>What ranks that train together, and a run that goes on, must share, by names that a user understands.</summary>
    private Dictionary<string, string> Describe()
    {
        var run = new Dictionary<string, string>(options.Influences())
        {
            ["the format"] = CheckpointFormat,
            [nameof(options.Precision)] = $"{scope.Precision}",
            ["the library's version"] = $"{typeof(FitScope).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
                .InformationalVersion}, with TorchSharp {typeof(torch).Assembly.GetName().Version}",
        };
        foreach (var (name, value) in Facts)
            run[name] = value;
        return run;
    }

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
        scope.Log.Info(FormattableString.Invariant($"Epoch {progress.Epoch}/{progress.Epochs}: loss {progress.Loss:0.0000}{told}, ") +
            FormattableString.Invariant($"{progress.ImagesPerSecond:0.00} images/s, {progress.Remaining:d\\.hh\\:mm\\:ss} left."));
    }
}
