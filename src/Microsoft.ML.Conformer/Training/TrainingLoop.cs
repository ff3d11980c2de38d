using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// Trains a network: AdamW, warm-up and cosine, the mean of both heads' losses, validation after each epoch, best weights kept.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    private const string Remedy = "Lower LearningRate or lengthen WarmupEpochs.";

    private static readonly TimeSpan _reportInterval = TimeSpan.FromMilliseconds(250);

    private readonly TrainingSettings _settings;
    private readonly IBatchSource _training;
    private readonly IBatchSource? _validation;
    private readonly Action<TrainingProgress> _report;
    private readonly Device _device;
    private readonly VisionNetwork _network;
    private readonly AdamW _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly BestWeights _best = new();
    private readonly List<TimeSpan> _trainingTimes = [];
    private readonly List<double> _accuracies = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private TrainingLoop(
        TrainingSettings settings, IBatchSource training, IBatchSource? validation, Action<TrainingProgress> report,
        VisionNetwork network)
    {
        (_settings, _training, _validation, _report, _network) = (settings, training, validation, report, network);
        _device = TorchDevice.Resolve(settings.Device);
        network.to(_device);
        network.ToChannelsLast();
        _optimizer = ConformerOptimizer.Create(network, settings.LearningRate, settings.WeightDecay);
        _schedule = new LearningRateSchedule(settings.LearningRate, settings.MinLearningRate, settings.WarmupEpochs, settings.Epochs);
    }

    /// <summary>Runs all epochs. The network ends on the CPU, in evaluation mode, with the best epoch's weights.</summary>
    /// <param name="network">What to train, in place.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="training">Training images; at least one batch.</param>
    /// <param name="validation">Validation images, or null: then the last epoch's weights are kept.</param>
    /// <param name="report">Called on this thread a few times a second and at the end of each epoch.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <exception cref="InvalidOperationException">
    /// There is no usable GPU and one was asked for, or the loss or a running statistic became infinite or NaN.
    /// </exception>
    /// <exception cref="InsufficientMemoryException">A batch does not fit into the device's memory.</exception>
    /// <exception cref="OperationCanceledException">The run was canceled.</exception>
    public static TrainingSummary Run(
        VisionNetwork network, TrainingSettings settings, IBatchSource training, IBatchSource? validation,
        Action<TrainingProgress> report, CancellationToken cancellation)
    {
        try
        {
            using var loop = new TrainingLoop(settings, training, validation, report, network);
            return loop.Run(cancellation);
        }
        catch (ExternalException e) when (IsOutOfMemory(e))
        {
            throw new InsufficientMemoryException(
                $"A batch of images of {training.ImageSize} x {training.ImageSize} pixels does not fit into the device's memory. " +
                "Choose a smaller BatchSize, ImageSize or variant.", e);
        }
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _best.Dispose();
    }

    /// <summary>Whether an error is what libtorch's allocators say on a GPU or a CPU that has no more memory.</summary>
    private static bool IsOutOfMemory(ExternalException e) =>
        e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) ||
        e.Message.Contains("DefaultCPUAllocator", StringComparison.Ordinal);

    private TrainingSummary Run(CancellationToken cancellation)
    {
        for (var epoch = 1; epoch <= _settings.Epochs; epoch++)
            RunEpoch(epoch, cancellation);

        _best.Restore(_network);
        _network.to(CPU);
        _network.eval();
        return new TrainingSummary
        {
            Device = TorchDevice.Name(_device),
            TrainingImages = _training.ImageCount,
            ValidationImages = _validation?.ImageCount ?? 0,
            BestEpoch = _validation is null ? _settings.Epochs : _best.Epoch,
            ValidationAccuracies = _accuracies,
            TrainMillisecondsPerImage = _trainingTimes.Order().ElementAt(_trainingTimes.Count / 2).TotalMilliseconds,
        };
    }

    private void RunEpoch(int epoch, CancellationToken cancellation)
    {
        _network.train();
        var started = _clock.Elapsed;
        var lastReport = started;
        var (step, images, rate) = (0, 0, 0.0);
        using var lossSum = zeros(1, device: _device);
        foreach (var batch in _training.ReadEpoch(epoch - 1, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            rate = _schedule.At(epoch - 1 + (double)step / _training.BatchCount);
            Step(batch, rate, lossSum);
            step++;
            images += batch.Count;
            if (_clock.Elapsed - lastReport < _reportInterval)
                continue;
            lastReport = _clock.Elapsed;
            _report(Progress(epoch, step, MeanLoss(lossSum, epoch, step), rate, images, started));
        }
        var loss = MeanLoss(lossSum, epoch, step); // reading it waits for the device
        CheckStatistics(epoch);
        var trained = _clock.Elapsed - started;
        _trainingTimes.Add(trained / images);
        var progress = Progress(epoch, step, loss, rate, images, started) with { EpochEnded = true };

        if (_validation is not null)
        {
            var validation = Validation.Run(_network, _validation, _device, cancellation);
            _accuracies.Add(validation.Accuracy);
            progress = progress with
            {
                ValidationAccuracy = validation.Accuracy,
                ValidationLoss = validation.Loss,
                IsBest = _best.Offer(_network, epoch, validation),
                Elapsed = _clock.Elapsed,
            };
        }
        _report(progress with { Remaining = _clock.Elapsed / epoch * (_settings.Epochs - epoch) });
    }

    private void Step(ImageBatch batch, double learningRate, Tensor lossSum)
    {
        using var scope = NewDisposeScope();
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate;
        var (pixels, labels) = BatchTensors.Create(batch, _training.ImageSize, _device);
        var loss = TwoHeadLoss.Compute(_network.call(pixels), labels, _settings.LabelSmoothing);
        _network.zero_grad();
        loss.backward();
        _optimizer.step();
        lossSum.add_(loss.detach());
    }

    private static double MeanLoss(Tensor lossSum, int epoch, int step)
    {
        var mean = lossSum.ToDouble() / step;
        return double.IsFinite(mean)
            ? mean
            : throw new InvalidOperationException(
                $"The training loss is {mean} in epoch {epoch}, by step {step}: training diverged. {Remedy}");
    }

    /// <summary>A finite loss in training mode says nothing about the statistics that evaluation mode uses.</summary>
    private void CheckStatistics(int epoch)
    {
        using var scope = NewDisposeScope();
        foreach (var (name, buffer) in _network.named_buffers())
            if (!buffer.isfinite().all().ToBoolean())
                throw new InvalidOperationException($"{name} is not finite after epoch {epoch}: training diverged. {Remedy}");
    }

    private TrainingProgress Progress(int epoch, int step, double loss, double learningRate, int images, TimeSpan started)
    {
        var elapsed = _clock.Elapsed;
        var done = epoch - 1 + (double)step / _training.BatchCount;
        return new TrainingProgress
        {
            Epoch = epoch,
            Epochs = _settings.Epochs,
            Step = step,
            Steps = _training.BatchCount,
            Loss = loss,
            LearningRate = learningRate,
            ImagesPerSecond = images / (elapsed - started).TotalSeconds,
            Elapsed = elapsed,
            Remaining = elapsed / done * (_settings.Epochs - done),
            EpochEnded = false,
        };
    }
}
