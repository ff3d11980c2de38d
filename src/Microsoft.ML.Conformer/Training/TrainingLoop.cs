using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Trains a network: a step for each batch, validation after each epoch, best weights kept, state saved.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private static readonly TimeSpan _reportInterval = TimeSpan.FromMilliseconds(250);

    private readonly ITrainingTask _task;
    private readonly TrainingSettings _settings;
    private readonly IBatchSource _training;
    private readonly IBatchSource? _validation;
    private readonly TrainingHost _host;
    private readonly long _started;
    private readonly ICollective _all;
    private readonly TrainingStep _step;
    private readonly TrainingTensors _tensors;
    private TimeSpan _elapsedBefore;
    private TrainingState _state = new();

    private TrainingLoop(
        ITrainingTask task, TrainingSettings settings, IBatchSource training, IBatchSource? validation, TrainingHost host)
    {
        (_task, _settings, _training, _validation, _host) = (task, settings, training, validation, host);
        (_started, _all) = (host.Clock.GetTimestamp(), settings.Step.Collective);
        task.Network.Module.to(settings.Device);
        _step = new TrainingStep(task, settings.Step);
        _step.Halved += size => host.Warn(TorchMemory.Halved(size));
        _tensors = new TrainingTensors(task.Network, _step, settings.WeightAverageDecay, _all);
    }

    /// <summary>
    /// Runs all epochs, of at least one batch each, unless the settings' patience ends first. The network is trained in place and ends on
    /// the CPU, in evaluation mode, with the best epoch's weights, or the last one's where there is no validation. A cancellation ends the
    /// run between two steps. All ranks do the same, and end with the same weights; rank 0 alone has a host that is told.
    /// </summary>
    /// <exception cref="OperationCanceledException">
    /// The run was canceled, and the settings do not ask for the best weights so far.
    /// </exception>
    /// <exception cref="TrainingDivergedException">The loss is not finite, and there are no weights to return or to ask for.</exception>
    /// <exception cref="InsufficientMemoryException">Not even the fewest images fit into the device's memory.</exception>
    public static TrainingResult Run(ITrainingTask task, TrainingSettings settings, IBatchSource training, IBatchSource? validation,
        TrainingHost host, CancellationToken cancellation)
    {
        try
        {
            using var memory = NativeHeap.KeepFreed();
            using var loop = new TrainingLoop(task, settings, training, validation, host);
            return loop.Run(cancellation);
        }
        catch (Exception e) when (TorchMemory.IsExhausted(e))
        {
            throw TorchMemory.BatchDoesNotFit(training.ImageSizes, settings.Step.MemoryRemedy, e);
        }
    }

    private nn.Module Network => _task.Network.Module;

    private TimeSpan Elapsed => _elapsedBefore + _host.Clock.GetElapsedTime(_started);

    /// <summary>Epochs done, with the fraction of the current one.</summary>
    private double EpochsDone => _state.Epoch + (double)_state.Step / _training.BatchCount;

    private double NextRate => _settings.Schedule.At(EpochsDone, _state.Steps);

    /// <summary>While layers are still to join, no epoch says what training can do.</summary>
    private bool IsOutOfPatience =>
        _validation is not null && _state.Epoch - Math.Max(_state.BestEpoch, _step.LastStart) >= _settings.Patience;

    private TimeSpan Remaining => _state.Elapsed / EpochsDone * (_settings.Epochs - EpochsDone);

    public void Dispose()
    {
        _tensors.Dispose();
        _step.Dispose();
    }

    private TrainingResult Run(CancellationToken cancellation)
    {
        Resume();
        var end = RunEpochs(cancellation);
        if (_validation is not null && _state.Best is null)
            throw new TrainingDivergedException(
                $"No epoch's validation gave finite figures, so that there are no weights to keep. {_settings.Remedy}",
                _state.Epoch, _training.BatchCount, _settings.Schedule.At(_state.Epoch, _state.Steps));
        if (_validation is null)
        {
            _tensors.ShareStatistics();
            _tensors.Average?.InNetwork(); // for good
        }
        _tensors.Best.Restore(Network);
        Network.to(CPU);
        Network.eval();
        var times = _state.TimesPerImage.Order().ToList();
        return new TrainingResult(
            end, _validation is null ? (int)Math.Ceiling(EpochsDone) : _state.BestEpoch, _state.Validations,
            times.Count == 0 ? 0 : times[times.Count / 2].TotalMilliseconds);
    }

    /// <summary>Goes on from the checkpoint that rank 0 finds, if any.</summary>
    private void Resume()
    {
        var found = _host.Checkpoints?.Load(_tensors, _all.Size, _training.BatchCount);
        if (_all.OfRankZero(found is null ? null : CheckpointState.ToJson(found), "the checkpoint") is not { } json)
            return;
        var saved = found ?? CheckpointState.FromJson<TrainingState>(json);
        _tensors.Broadcast(hasBest: saved.Best is not null);
        (_state, _elapsedBefore) = (saved.For(_all.Size, _training.BatchCount), saved.Elapsed);
        _step.AtOnce = saved.AtOnce;
        if (saved.Threads != get_num_threads())
            _host.Warn($"The run was begun with {saved.Threads} threads and goes on with {get_num_threads()}: other roundings follow.");
        if (saved.Ranks != _all.Size)
            _host.Warn(
                $"The run was begun with {saved.Ranks} ranks and goes on with {_all.Size}: a step has another number of images, and the " +
                $"result is not that of a run that was not interrupted. The epoch goes on at step {_state.Step}.");
    }

    private TrainingEnd RunEpochs(CancellationToken cancellation)
    {
        try
        {
            while (_state.Epoch < _settings.Epochs && !IsOutOfPatience)
                RunEpoch(cancellation);
            DespiteAFullDisk(Save);
            if (_state.Epoch == _settings.Epochs)
                return TrainingEnd.Completed;
            _host.Tell($"Training ended after epoch {_state.Epoch} of {_settings.Epochs}: by {_settings.JudgedBy} none since epoch " +
                $"{_state.BestEpoch} was better, and Patience is {_settings.Patience}.");
            return TrainingEnd.StoppedEarly;
        }
        catch (OperationCanceledException exception)
            when (_all.Size == 1 ? cancellation.IsCancellationRequested : exception is AgreedCancellationException)
        {
            DespiteAFullDisk(Save);
            if (_settings.OnCancel != EarlyEnd.ReturnBest || (_validation is null ? _state.Steps == 0 : _state.Best is null))
                throw;
            _host.Warn($"Training was canceled in epoch {_state.Epoch + 1} of {_settings.Epochs}; {Returned}.");
            return TrainingEnd.Canceled;
        }
        catch (TrainingDivergedException exception) when (_settings.OnDivergence == EarlyEnd.ReturnBest && _state.Best is not null)
        {
            _host.Warn($"{exception.Message} Training ends here; {Returned}.");
            return TrainingEnd.Diverged;
        }
    }

    /// <summary>Writes what the result does not need, and warns where that cannot be done: it must not cost the work so far.</summary>
    private void DespiteAFullDisk(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _host.Warn(VisibleText.Reason(exception));
        }
    }

    private string Returned => _state.Best is null ? "the model has the weights so far"
        : $"the model has the weights of epoch {_state.BestEpoch}, the best so far";

    private void RunEpoch(CancellationToken cancellation)
    {
        if (_step.BeginEpoch(_state.Epoch) is { } news)
            _host.Tell(news);
        if (_state.Step == 0)
            _state = _state with { EpochStart = Elapsed };
        var (lastReport, rate, isFirst) = (Elapsed, NextRate, true);
        foreach (var batch in _training.ReadEpoch(_state.Epoch, _state.Step, _all.Own(cancellation)))
        {
            _all.Own(cancellation).ThrowIfCancellationRequested();
            rate = NextRate;
            Step(batch, rate);
            if (isFirst || Elapsed - lastReport >= _reportInterval)
            {
                lastReport = Elapsed;
                Report(Progress(rate), isFirst ? batch : null);
                isFirst = false;
            }
            var signals = _all.GatherOne(
                (Stops: cancellation.IsCancellationRequested, IsDue: _host.Checkpoints?.IsDue(_state.Steps) == true), "the end of a step");
            if (signals[0].IsDue)
                DespiteAFullDisk(Save);
            if (_all.Size > 1 && signals.Any(signal => signal.Stops))
                throw _all.Canceled(cancellation);
        }
        var progress = Progress(rate);
        _tensors.ShareStatistics();
        CheckStatistics(rate);
        var timePerImage = (_state.Elapsed - _state.EpochStart) / _state.Images;

        Validation? validation = null;
        using (_tensors.Average?.InNetwork())
        {
            if (_validation is null)
                DespiteAFullDisk(_host.KeepBest);
            else
            {
                validation = _task.Validate(_validation, _settings.Device, _all, cancellation);
                progress = progress with { IsBest = Note(validation) };
            }
            _state = _state with
            {
                Epoch = _state.Epoch + 1,
                Step = 0,
                Images = 0,
                LossSum = 0,
                Elapsed = Elapsed,
                TimesPerImage = [.. _state.TimesPerImage, timePerImage],
            };
            Report(progress with { EpochEnded = true, Elapsed = _state.Elapsed, Remaining = Remaining }, null, validation);
        }
    }

    private void Step(IBatch batch, double learningRate)
    {
        using var scope = NewDisposeScope();
        var (images, targets) = batch.ToTensors(_settings.Device);
        if (_settings.BatchAugmentation is { } augmentation)
            (images, targets) = augmentation.Apply(images, targets, _state.Epoch, (_state.Step * _all.Size) + _all.Rank);
        var loss = _step.Run(images, targets, learningRate).ToDouble();
        _tensors.Average?.Update(_state.Steps);
        _state = _state with
        {
            Step = _state.Step + 1,
            Steps = _state.Steps + 1,
            Images = _state.Images + (_all.Size == 1 ? batch.ImageNumbers.Count : (int)_step.Losses.Sum(one => one.Images)),
            LossSum = _state.LossSum + loss,
        };
        if (!double.IsFinite(loss))
            throw Diverged($"The training loss is {loss}", learningRate, Culprit(batch));
    }

    /// <summary>Keeps the weights where they validate best so far, and says whether they do.</summary>
    private bool Note(Validation validation)
    {
        _state = _state with { Validations = [.. _state.Validations, validation with { Predictions = [] }] };
        if (!validation.IsFinite)
        {
            var (name, value) = validation.Figures.FirstOrDefault(figure => !double.IsFinite(figure.Value));
            _host.Warn($"The validation {name} of epoch {_state.Epoch + 1} is {value}: its weights are not kept.");
        }
        if (!validation.IsBetterThan(_state.Best))
            return false;
        _tensors.Best.Keep(Network);
        _state = _state with { BestEpoch = _state.Epoch + 1 };
        DespiteAFullDisk(_host.KeepBest);
        return true;
    }

    private void Save()
    {
        _state = _state with { Elapsed = Elapsed, AtOnce = _step.AtOnce, Threads = get_num_threads(), Ranks = _all.Size };
        _tensors.GatherRandom();
        _host.Checkpoints?.Save(_state, _tensors);
    }

    /// <summary>A finite loss in training mode says nothing about the statistics that evaluation mode uses.</summary>
    private void CheckStatistics(double learningRate)
    {
        using var scope = NewDisposeScope();
        foreach (var (name, buffer) in Network.named_buffers())
            if (!buffer.isfinite().all().ToBoolean())
                throw Diverged($"{name} is not finite", learningRate, "");
    }

    private TrainingDivergedException Diverged(string what, double learningRate, string which)
    {
        var (epoch, step) = (_state.Epoch + 1, _state.Step);
        return new TrainingDivergedException(
            FormattableString.Invariant($"{what} in step {step} of {_training.BatchCount} of epoch {epoch}, at a learning rate of ") +
            FormattableString.Invariant($"{learningRate:0.###e+0}: training diverged. {_settings.Remedy}{which}"),
            epoch, step, learningRate);
    }

    /// <summary>The images whose loss is not finite, or the rank that has them.</summary>
    private string Culprit(IBatch batch) =>
        _step.Losses.Index().FirstOrDefault(rank => !double.IsFinite(rank.Item.Loss)).Index is var rank && rank != _all.Rank
            ? $" The batch is one of rank {rank}." : $" The batch: {NamesOf(batch)}.";

    private string NamesOf(IBatch batch)
    {
        const int most = 32;
        var (names, others) = (batch.ImageNumbers.Take(most).Select(_training.NameOf), batch.ImageNumbers.Count - most);
        return string.Join(", ", names) + (others > 0 ? $" and {others} more" : "");
    }

    private void Report(TrainingProgress progress, IBatch? first, Validation? validation = null)
    {
        _host.Report(progress, validation);
        var details = new TrainingDetails(Network, _state.Steps, first, validation);
        foreach (var record in _host.Records)
            record.Add(progress, details);
    }

    /// <summary>How the current epoch goes, as of now.</summary>
    private TrainingProgress Progress(double learningRate)
    {
        _state = _state with { Elapsed = Elapsed };
        return new TrainingProgress
        {
            Epoch = _state.Epoch + 1,
            Epochs = _settings.Epochs,
            Step = _state.Step,
            Steps = _training.BatchCount,
            Loss = _state.LossSum / _state.Step,
            LearningRate = learningRate,
            ImagesPerSecond = _state.Images / (_state.Elapsed - _state.EpochStart).TotalSeconds,
            Elapsed = _state.Elapsed,
            Remaining = Remaining,
            EpochEnded = false,
        };
    }
}
