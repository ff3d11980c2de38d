using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Runtime;
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
    private readonly IChannel _channel;
    private readonly torch.Device _device;
    private readonly GpuModes _modes;
    private readonly TrainingSetup _setup;

    /// <param name="options">The trainer's.</param>
    /// <param name="network">With the weights that training starts from.</param>
    /// <param name="labels">The classes.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="precision">The numbers to train with, not Auto.</param>
    /// <param name="teacher">Whom the network learns from beside the labels, or null.</param>
    /// <param name="channel">The log.</param>
    public TrainingRun(ImageClassificationTrainerOptions options, VisionNetwork network, ClassLabels labels, torch.Device device,
        TrainingPrecision precision, Teacher? teacher, IChannel channel)
    {
        (_options, _network, _labels, _device, _precision, _channel) = (options, network, labels, device, precision, channel);
        _setup = new TrainingSetup(options, network, labels, device, precision, Info) { Teacher = teacher };
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
            var (task, batches, settings) = Prepare(images);
            var validation = validationImages is null ? null : _setup.ValidationBatches(validationImages);
            var summary = TrainingLoop.Run(task, settings, batches, validation, host, _options.CancellationToken);
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
        var (task, batches, settings) = Prepare(images);
        var curve = LearningRateFinder.Run(
            task, settings.Step, _device, batches, settings.BatchAugmentation, options, Warn, _options.CancellationToken);
        var last = curve.Points[^1].LearningRate;
        Info(FormattableString.Invariant($"Took {curve.Points.Count} steps up to a learning rate of {last:0.0e-0}; ") +
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
