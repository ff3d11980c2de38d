using System.IO.Hashing;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using TorchSharp;

namespace Microsoft.ML.Conformer;

/// <summary>One Fit's training: what the loop tells and saves, and the run that a checkpoint is of.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const int MostClassNames = 20;

    /// <summary>Another one where older checkpoints no longer say all that a run follows from.</summary>
    private const string CheckpointFormat = "3";

    private readonly ImageClassificationTrainerOptions _options;
    private readonly VisionNetwork _network;
    private readonly ClassLabels _labels;
    private readonly TrainingPrecision _precision;
    private readonly RankGroup _ranks;
    private readonly TrainingLog _log;
    private readonly torch.Device _device;
    private readonly GpuModes _modes;
    private readonly TrainingSetup _setup;

    /// <param name="options">The trainer's.</param>
    /// <param name="network">With the weights that training starts from.</param>
    /// <param name="labels">The classes.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="precision">The numbers to train with, not Auto.</param>
    /// <param name="teacher">Whom the network learns from beside the labels, or null.</param>
    /// <param name="ranks">The ranks that train together.</param>
    /// <param name="log">The log.</param>
    public TrainingRun(ImageClassificationTrainerOptions options, VisionNetwork network, ClassLabels labels, torch.Device device,
        TrainingPrecision precision, Teacher? teacher, RankGroup ranks, TrainingLog log)
    {
        (_options, _network, _labels, _device, _precision, _ranks, _log) = (options, network, labels, device, precision, ranks, log);
        _setup = new TrainingSetup(options, network, labels, device, precision, ranks, log.Info) { Teacher = teacher };
        _modes = new GpuModes(device, options.AllowTf32, options.Deterministic);
    }

    /// <summary>The network with its weights as they are now.</summary>
    /// <param name="isOfFiles">Whether the images are named by paths.</param>
    public TrainedModel ToModel(bool isOfFiles = false) => new(
        _network.Architecture, new StoredWeights(new NetworkWeights(_network), _network.state_dict().Keys), _options.ImageSize, _labels,
        _options.ScoringColumns)
    {
        Preprocessing = _options.PreprocessingOf(_network.Architecture),
        IsOfFiles = isOfFiles,
        Recipe = _options.Recipe.ToJson(),
    };

    public TrainingSummary Train(
        ImageDataset images, ImageDataset? validationImages, CheckpointFolder? checkpoints, ImageFingerprints fingerprints)
    {
        RankComparison.EnsureSame(_ranks.All, () => OfImages(("training", images), ("validation", validationImages)));
        var writes = _ranks.All.Rank == 0;
        var records = writes ? TrainingRecords.Open(
            _options.Records, ClassificationFigures.Names, _options.PreprocessingOf(_network.Architecture),
            ConfusionMatrix.Of(validationImages?.Labels, _labels.Names), _device, _log.Warn) : [];
        try
        {
            var host = !writes ? new TrainingHost() : new TrainingHost
            {
                Report = Report,
                Tell = _log.Info,
                Warn = _log.Warn,
                KeepBest = checkpoints is null ? () => { } : () => SaveBest(checkpoints),
                Checkpoints = checkpoints is null ? null : new RunCheckpoints(checkpoints, Describe(fingerprints), _log.Warn),
                Records = records,
            };
            var (task, batches, settings) = Prepare(images);
            var validation = validationImages is null ? null : _setup.ValidationBatches(validationImages);
            var result = TrainingLoop.Run(task, settings, batches, validation, host, _ranks.Cancellation);
            var summary = new TrainingSummary
            {
                Device = TorchDevice.Name(_device),
                End = result.End,
                TrainingImages = images.Count,
                ValidationImages = validationImages?.Count ?? 0,
                BestEpoch = result.BestEpoch,
                ValidationAccuracies = [.. result.Validations.Select(epoch => ClassificationFigures.Of(epoch).Accuracy)],
                ValidationFigures = [.. result.Validations.Select(epoch => epoch.Figures)],
                TrainMillisecondsPerImage = result.MillisecondsPerImage,
            };
            _log.Info(FormattableString.Invariant(
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
        var (task, batches, settings) = Prepare(images);
        var curve = LearningRateFinder.Run(
            task, settings.Step, _device, batches, settings.BatchAugmentation, options, _log.Warn, _ranks.Cancellation);
        var last = curve.Points[^1].LearningRate;
        _log.Info(FormattableString.Invariant($"Took {curve.Points.Count} steps up to a learning rate of {last:0.0e-0}; ") +
            (curve.Suggestion is { } rate ? FormattableString.Invariant($"{rate:0.0e-0} may do.") : "the loss does not fall."));
        return curve;
    }

    public void Dispose()
    {
        _setup.Dispose();
        _modes.Dispose();
    }

    /// <summary>What is trained on images, and how; the features of a frozen network are computed here.</summary>
    private (ClassificationTask Task, IBatchSource Batches, TrainingSettings Settings) Prepare(ImageDataset images)
    {
        var batches = _setup.Batches(images);
        return (_setup.Task(images), batches, _setup.Settings);
    }

    /// <summary>What ranks that train together must share before they read images, by names that a user understands.</summary>
    public static Dictionary<string, string> SharedByRanks(
        ImageClassificationTrainerOptions options, VisionArchitecture architecture, ClassLabels labels, TrainingPrecision precision,
        string work)
    {
        var shared = Describe(options, architecture, labels, precision);
        shared["the work"] = work;
        shared["Checkpoints.Folder"] = options.Checkpoints.Folder is null ? "absent" : "given"; // images are hashed for them
        shared[nameof(options.ImageCaching)] = $"{options.ImageCaching}";
        shared["the library's version"] = $"{typeof(TrainingRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion}, with TorchSharp {typeof(torch).Assembly.GetName().Version}";
        shared[nameof(options.OnCancel)] = $"{options.OnCancel}";
        shared[nameof(options.OnDivergence)] = $"{options.OnDivergence}";
        shared["Validation.Data"] = options.Validation.Data is null ? "absent" : "given";
        shared[nameof(options.BadImages)] = $"{options.BadImages}";
        shared[nameof(options.MaxImagePixels)] = $"{options.MaxImagePixels}";
        return shared;
    }

    private static Dictionary<string, string> Describe(
        ImageClassificationTrainerOptions options, VisionArchitecture architecture, ClassLabels labels, TrainingPrecision precision)
    {
        var run = options.Influences().ToDictionary(
            influence => influence.Name, influence => FormattableString.Invariant($"{influence.Value ?? "null"}"));
        run["the format"] = CheckpointFormat;
        run[nameof(options.Precision)] = $"{precision}";
        run["the network's architecture"] = KnownNetworks.ToJson(architecture, JsonSerializerOptions.Default);
        var names = string.Join(", ", labels.Names);
        run["the classes"] = labels.Count <= MostClassNames ? names
            : $"{labels.Count} with the hash {Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(names)))}";
        return run;
    }

    /// <summary>What ranks must share of the images that they read, which may lie in another folder on another machine.</summary>
    private static Dictionary<string, string> OfImages(params ReadOnlySpan<(string Role, ImageDataset? Images)> all)
    {
        var facts = new Dictionary<string, string>();
        foreach (var (role, images) in all)
        {
            if (images is null)
                continue;
            var hash = new XxHash128();
            for (var image = 0; image < images.Count; image++)
            {
                hash.Append(BitConverter.GetBytes(images.Labels[image]));
                hash.Append(MemoryMarshal.AsBytes(Path.GetFileName(images.NameOf(image).AsSpan())));
            }
            facts[$"the {role} images"] =
                $"{images.Count}, in an order with the hash {Convert.ToHexStringLower(hash.GetCurrentHash())}";
        }
        return facts;
    }

    /// <summary>What a run that goes on from a checkpoint must share, by names that a user understands.</summary>
    private Dictionary<string, string> Describe(ImageFingerprints fingerprints)
    {
        var run = Describe(_options, _network.Architecture, _labels, _precision);
        if (_options.Transfer.CachesFeatures)
            run["the frozen network"] = $"one with the hash {FrozenFeatures.HashOf(_network)}"; // checkpoints have the heads only
        foreach (var (role, value) in fingerprints.All)
            run[$"the {role} images"] = value;
        return run;
    }

    /// <summary>Writes the model with the network's weights, so that even a crash leaves it.</summary>
    private void SaveBest(CheckpointFolder checkpoints)
    {
        var model = ToModel();
        var path = checkpoints.BestPath;
        try
        {
            AtomicFile.Write(path, stream => OnnxModelWriter.Write(
                stream, model.Build(OnnxInputKind.NormalizedNchw, new OnnxExportOptions(), includeClassIndex: false)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The best model so far cannot be written to '{VisibleText.OfPath(path)}': {VisibleText.Reason(exception)} Training " +
                "goes on.",
                exception);
        }
    }

    private void Report(TrainingProgress progress, Validation? validation)
    {
        var figures = validation is null ? null : ClassificationFigures.Of(validation);
        _options.Progress?.Report(progress with
        {
            ValidationAccuracy = figures?.Accuracy,
            ValidationLoss = figures?.Loss,
            ValidationMacroAccuracy = figures?.MacroAccuracy,
            ValidationFigures = validation?.Figures,
        });
        if (!progress.EpochEnded)
            return;
        var told = figures is null ? ""
            : FormattableString.Invariant($", validation accuracy {figures.Accuracy:0.0000} (macro {figures.MacroAccuracy:0.0000}), ") +
                FormattableString.Invariant($"validation loss {figures.Loss:0.0000}");
        _log.Info(FormattableString.Invariant($"Epoch {progress.Epoch}/{progress.Epochs}: loss {progress.Loss:0.0000}{told}, ") +
            FormattableString.Invariant($"{progress.ImagesPerSecond:0.0} images/s, {progress.Remaining:d\\.hh\\:mm\\:ss} left."));
    }
}
