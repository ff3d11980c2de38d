using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Trains a network: AdamW, warm-up and cosine, validation after each epoch, best weights kept.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private const string Remedy = "Lower LearningRate or lengthen WarmupEpochs.";

    private static readonly TimeSpan _reportInterval = TimeSpan.FromMilliseconds(250);

    private readonly ITrainingTask _task;
    private readonly TrainingSettings _settings;
    private readonly IBatchSource _training;
    private readonly IBatchSource? _validation;
    private readonly Action<TrainingProgress> _report;
    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly Device _device;
    private readonly TrainingStep _step;
    private readonly LearningRateSchedule _schedule;
    private TrainingState _state;

    private TrainingLoop(ITrainingTask task, TrainingSettings settings, IBatchSource training, IBatchSource? validation,
        Action<TrainingProgress> report, TimeProvider clock)
    {
        (_task, _settings, _training, _validation, _report, _clock) = (task, settings, training, validation, report, clock);
        _started = clock.GetTimestamp();
        task.Network.to(_device = settings.Device);
        task.Network.ToChannelsLast();
        _step = new TrainingStep(task, settings.WeightDecay, settings.Precision, settings.Collective)
        {
            MaxGradientNorm = settings.MaxGradientNorm,
        };
        _schedule = new LearningRateSchedule(settings.LearningRate, settings.MinLearningRate, settings.WarmupEpochs, settings.Epochs);
        _state = new TrainingState
        {
            Network = task.Network,
            Optimizer = _step.Optimizer,
            BestWeights = new BestWeights(),
            LossSum = zeros(1, device: _device).DetachFromDisposeScope(),
        };
    }

    /// <summary>
    /// Runs all epochs, of at least one batch each. The network is trained in place and ends on the CPU, in evaluation mode, with the best
    /// epoch's weights, or the last one's where there is no validation. Reports come on this thread, a few times a second and after each
    /// epoch; a cancellation ends the run between two steps.
    /// </summary>
    public static TrainingSummary Run(ITrainingTask task, TrainingSettings settings, IBatchSource training, IBatchSource? validation,
        Action<TrainingProgress> report, CancellationToken cancellation, TimeProvider? clock = null)
    {
        try
        {
            using var loop = new TrainingLoop(task, settings, training, validation, report, clock ?? TimeProvider.System);
            return loop.Run(cancellation);
        }
        // What libtorch's allocators say on a GPU or a CPU that has no more memory.
        catch (ExternalException e) when (e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("DefaultCPUAllocator", StringComparison.Ordinal))
        {
            throw new InsufficientMemoryException(
                $"A batch of images of {training.ImageSize} x {training.ImageSize} pixels does not fit into the device's memory. " +
                "Choose a smaller BatchSize, ImageSize or variant.", e);
        }
    }

    private TimeSpan Elapsed => _clock.GetElapsedTime(_started);

    /// <summary>Epochs done, with the fraction of the current one.</summary>
    private double EpochsDone => _state.Epoch + (double)_state.Step / _training.BatchCount;

    private TimeSpan Remaining => _state.Elapsed / EpochsDone * (_settings.Epochs - EpochsDone);

    public void Dispose()
    {
        _step.Dispose();
        _state.BestWeights.Dispose();
        _state.LossSum.Dispose();
    }

    private TrainingSummary Run(CancellationToken cancellation)
    {
        while (_state.Epoch < _settings.Epochs)
            RunEpoch(cancellation);

        _state.BestWeights.Restore(_state.Network);
        _state.Network.to(CPU);
        _state.Network.eval();
        return new TrainingSummary
        {
            Device = TorchDevice.Name(_device),
            TrainingImages = _training.ImageCount,
            ValidationImages = _validation?.ImageCount ?? 0,
            BestEpoch = _validation is null ? _settings.Epochs : _state.BestEpoch,
            ValidationAccuracies = _state.ValidationAccuracies,
            TrainMillisecondsPerImage = _state.TimesPerImage.Order().ElementAt(_state.TimesPerImage.Count / 2).TotalMilliseconds,
        };
    }

    private void RunEpoch(CancellationToken cancellation)
    {
        _state.Network.train();
        _state = _state with { EpochStart = Elapsed };
        var (lastReport, rate) = (_state.EpochStart, 0.0);
        foreach (var batch in _training.ReadEpoch(_state.Epoch, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            rate = _schedule.At(EpochsDone);
            Step(batch, rate);
            _state = _state with { Step = _state.Step + 1, Images = _state.Images + batch.Count };
            if (Elapsed - lastReport < _reportInterval)
                continue;
            lastReport = Elapsed;
            _report(Progress(MeanLoss(), rate));
        }
        var progress = Progress(MeanLoss(), rate);
        CheckStatistics();
        _state = _state with { TimesPerImage = [.. _state.TimesPerImage, (_state.Elapsed - _state.EpochStart) / _state.Images] };

        if (_validation is not null)
        {
            var validation = _task.Validate(_validation, _device, cancellation);
            var (accuracy, loss) = validation;
            progress = progress with { ValidationAccuracy = accuracy, ValidationLoss = loss, IsBest = Note(validation) };
        }
        BeginNextEpoch();
        _report(progress with { EpochEnded = true, Elapsed = _state.Elapsed, Remaining = Remaining });
    }

    private void Step(ImageBatch batch, double learningRate)
    {
        using var scope = NewDisposeScope();
        var (images, targets) = batch.ToTensors(_training.ImageSize, _device);
        if (_settings.BatchAugmentation is { } augmentation)
            (images, targets) = augmentation.Apply(images, targets);
        _state.LossSum.add_(_step.Run(images, targets, learningRate));
    }

    /// <summary>Keeps the weights where they validate best so far, and says whether they do.</summary>
    private bool Note(Validation validation)
    {
        _state = _state with { ValidationAccuracies = [.. _state.ValidationAccuracies, validation.Accuracy] };
        if (_state.Best is { } best && !validation.IsBetterThan(best))
            return false;
        _state.BestWeights.Keep(_state.Network);
        _state = _state with { Best = validation, BestEpoch = _state.Epoch + 1 };
        return true;
    }

    private void BeginNextEpoch()
    {
        using var scope = NewDisposeScope();
        _state.LossSum.zero_();
        _state = _state with { Epoch = _state.Epoch + 1, Step = 0, Images = 0, Elapsed = Elapsed };
    }

    private double MeanLoss()
    {
        var mean = _state.LossSum.ToDouble() / _state.Step;
        return double.IsFinite(mean) ? mean : throw new InvalidOperationException(
            $"The training loss is {mean} in epoch {_state.Epoch + 1}, by step {_state.Step}: training diverged. {Remedy}");
    }

    /// <summary>A finite loss in training mode says nothing about the statistics that evaluation mode uses.</summary>
    private void CheckStatistics()
    {
        using var scope = NewDisposeScope();
        foreach (var (name, buffer) in _state.Network.named_buffers())
            if (!buffer.isfinite().all().ToBoolean())
                throw new InvalidOperationException($"{name} is not finite after epoch {_state.Epoch + 1}: training diverged. {Remedy}");
    }

    /// <summary>How the current epoch goes, as of now. Reading the loss has waited for the device.</summary>
    private TrainingProgress Progress(double loss, double learningRate)
    {
        _state = _state with { Elapsed = Elapsed };
        return new TrainingProgress
        {
            Epoch = _state.Epoch + 1,
            Epochs = _settings.Epochs,
            Step = _state.Step,
            Steps = _training.BatchCount,
            Loss = loss,
            LearningRate = learningRate,
            ImagesPerSecond = _state.Images / (_state.Elapsed - _state.EpochStart).TotalSeconds,
            Elapsed = _state.Elapsed,
            Remaining = Remaining,
            EpochEnded = false,
        };
    }
}
