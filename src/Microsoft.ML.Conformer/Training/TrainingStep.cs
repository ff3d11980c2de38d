using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>One step: forward, backward, exchange of gradients, clipping, AdamW (Loshchilov and Hutter, 2019).</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly StepSettings _settings;
    private readonly TransferPlan _plan;
    private int _epoch;
    private bool _hasFit;

    /// <summary>
    /// The task's network is on its device already: moving a network replaces its parameters. All ranks begin with the weights of rank 0,
    /// each with random numbers of its own.
    /// </summary>
    public TrainingStep(ITrainingTask task, StepSettings settings)
    {
        (_task, _settings) = (task, settings);
        AtOnce = settings.MicroBatchSize ?? long.MaxValue;
        _plan = new TransferPlan(task.Network, settings.Transfer);
        Weights = new FlatWeights(task.Network.Module, _plan.RuleOf);
        Optimizer = new AdamW(Weights, settings.WeightDecay);
        settings.Collective.BroadcastAll([Weights.Values, .. Weights.Counters.Values], "the initial weights");
        if (settings.Collective.Rank > 0)
            task.Network.Random?.BeginAs(settings.Collective.Rank);
    }

    public FlatWeights Weights { get; }

    public AdamW Optimizer { get; }

    /// <summary>The epoch, from 0, from which on all layers are trained that ever are.</summary>
    public int LastStart => _plan.LastStart;

    /// <summary>The most images that go through the network at once.</summary>
    public long AtOnce { get; set; }

    /// <summary>Each rank's loss in the last step and its number of images; empty where this is the only rank.</summary>
    public IReadOnlyList<(double Loss, long Images)> Losses { get; private set; } = [];

    /// <summary>Told how many images go through the network at once from now on, since more did not fit into the device's memory.</summary>
    public event Action<long>? Halved;

    /// <summary>
    /// Puts what is trained in an epoch, from 0, into training mode, and freezes the rest. Returns what a user should know of it where it
    /// is not as in the call before, else null.
    /// </summary>
    public string? BeginEpoch(int epoch)
    {
        _epoch = epoch;
        return _plan.Apply(epoch);
    }

    /// <summary>
    /// Takes a step with images [N, 3, H, W], channels-last, and their targets, each with N first, all on the network's device. The
    /// gradients stay until the next one. Returns the loss before the step, the mean over all ranks' images, a scalar; reading it waits
    /// for the device.
    /// </summary>
    public Tensor Run(Tensor images, IReadOnlyList<Tensor> targets, double learningRate)
    {
        using var scope = NewDisposeScope();
        var loss = Gradients(images, targets);
        if (_settings.Collective.Size > 1)
            loss = AverageOverRanks(loss, images.shape[0]);
        if (_settings.MaxGradientNorm is { } limit)
        {
            var norm = Weights.Gradients.norm();
            _settings.Collective.Broadcast(norm, "the gradients' length"); // another number of threads rounds otherwise
            Weights.Gradients.mul_(norm.Plus(1e-6).reciprocal().Times(limit).AtMost(1));
        }
        Optimizer.Step(learningRate, _epoch);
        return loss.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        Weights.Dispose();
    }

    /// <summary>Makes the gradients, and the loss that is returned, the mean over the images of all ranks.</summary>
    private Tensor AverageOverRanks(Tensor loss, long images)
    {
        Losses = _settings.Collective.GatherOne((loss.ToDouble(), images), "the losses");
        var all = Losses.Sum(one => one.Images);
        Weights.Gradients.Divide((double)all / images);
        _settings.Collective.Sum(Weights.Gradients, "the gradients");
        return Losses.Sum(one => one.Loss * one.Images / all);
    }

    private Tensor Gradients(Tensor images, IReadOnlyList<Tensor> targets)
    {
        using var scope = NewDisposeScope();
        // What fitted once is taken to fit again.
        var before = _hasFit ? null : new MovingParts(_task.Network, Weights);
        while (true)
        {
            try
            {
                var loss = AddedGradients(images, targets).MoveToOuterDisposeScope();
                _hasFit = true;
                return loss;
            }
            catch (Exception e) when (TorchMemory.IsExhausted(e) && Math.Min(AtOnce, images.shape[0]) / 2 >= _settings.SmallestMicroBatch)
            {
                // The next attempt is made outside of this block, in which what the failed one holds would not be free yet.
            }
            before?.Restore();
            AtOnce = Math.Min(AtOnce, images.shape[0]) / 2;
            Halved?.Invoke(AtOnce);
        }
    }

    /// <summary>
    /// The mean of the parts' losses, and its gradients, as if all images had gone through the network at once but for BatchNorm.
    /// </summary>
    private Tensor AddedGradients(Tensor images, IReadOnlyList<Tensor> targets)
    {
        Weights.Gradients.zero_();
        var count = images.shape[0];
        var total = zeros([], device: images.device);
        for (long start = 0, size; start < count; start += size)
        {
            using var scope = NewDisposeScope();
            size = PartSize(count - start);
            total.Add(Backward(Part(images), [.. targets.Select(Part)], share: (double)size / count));

            Tensor Part(Tensor all) => all.narrow(0, start, size);
        }
        return total;
    }

    /// <summary>
    /// As many images as go through the network at once, or all that is left, where the rest would be too few for BatchNorm.
    /// </summary>
    private long PartSize(long left)
    {
        var size = Math.Min(AtOnce, left);
        return left - size < _settings.SmallestMicroBatch ? left : size;
    }

    /// <summary>Adds the gradients of a part's share of the loss; returns that.</summary>
    private Tensor Backward(Tensor images, IReadOnlyList<Tensor> targets, double share)
    {
        if (_settings.GradientCheckpointing)
            return new Recomputation(_task, Weights, _settings.Precision).Backward(images, targets, share);
        Tensor loss;
        using (Autocast.To(_settings.Precision, images.device_type))
            loss = _task.Loss(images, targets);
        if (share < 1)
            loss = loss.Times(share);
        loss.backward();
        return loss.detach();
    }
}

/// <summary>How a step is taken; the trainer's options have checked the ranges.</summary>
internal sealed record StepSettings
{
    public required double WeightDecay { get; init; }

    /// <summary>Which layers are trained, when and how fast; by default all of them, alike.</summary>
    public TransferOptions Transfer { get; init; } = new();

    /// <summary>
    /// The numbers that the forward pass computes with, not Auto; weights and their gradients are 32-bit floats in any case, as are
    /// validations. Default 32-bit floats.
    /// </summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Float32;

    /// <summary>The ranks that train together; by default none other.</summary>
    public ICollective Collective { get; init; } = new Alone();

    /// <summary>The length to which longer gradients, all taken as one vector, are shortened; null (default): they never are.</summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>Images that go through the network at once, their gradients added; null (default): the whole batch.</summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>Whether blocks are computed again in the backward pass instead of keeping what they computed. Default false.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>The fewest images that BatchNorm can take at once, 1 (default) or 2.</summary>
    public int SmallestMicroBatch { get; init; } = 1;

    /// <summary>What may help where a batch does not fit into the device's memory, as a sentence that names options.</summary>
    public string MemoryRemedy { get; init; } =
        "Set GradientCheckpointing, or choose a smaller BatchSize (validation takes it as a whole), ImageSize or variant.";
}
