using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>One step: forward, backward, exchange of gradients, clipping, AdamW (Loshchilov and Hutter, 2019).</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly TrainingPrecision _precision;
    private readonly ICollective _collective;
    private readonly List<Parameter> _parameters;

    /// <summary>The task's network is on its device already: moving a network replaces its parameters.</summary>
    public TrainingStep(ITrainingTask task, double weightDecay, TrainingPrecision precision, ICollective collective)
    {
        (_task, _precision, _collective) = (task, precision, collective);
        _parameters = [.. task.Network.parameters()];
        var groups = task.Network.named_parameters()
            .ToLookup(p => task.Network.Architecture.IsDecayed(p.name, (int)p.parameter.dim()), p => p.parameter);
        AdamW.ParamGroup[] decayedAndNot = [new(groups[true], weight_decay: weightDecay), new(groups[false], weight_decay: 0)];
        Optimizer = optim.AdamW(decayedAndNot);
    }

    public AdamW Optimizer { get; }

    /// <summary>The length to which longer gradients, all taken as one vector, are shortened; null (default): they never are.</summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>
    /// Takes a step with images [N, 3, H, W] on the network's device, channels-last. The gradients stay until the next one. Returns the
    /// batch's loss before the step, a scalar on the device; reading it waits for the device.
    /// </summary>
    public Tensor Run(Tensor images, Tensor targets, double learningRate)
    {
        using var scope = NewDisposeScope();
        foreach (var group in Optimizer.ParamGroups)
            group.LearningRate = learningRate;
        var loss = _precision.Loss(_task, images, targets);
        _task.Network.zero_grad();
        loss.backward();
        _collective.AverageGradients(_parameters);
        if (MaxGradientNorm is { } norm)
            nn.utils.clip_grad_norm_(_parameters, norm);
        Optimizer.step();
        return loss.detach().MoveToOuterDisposeScope();
    }

    public void Dispose() => Optimizer.Dispose();
}

/// <summary>The processes that train one network together, each on batches of its own.</summary>
internal interface ICollective
{
    /// <summary>Replaces each parameter's gradient by its mean over the processes; waits for all of them.</summary>
    void AverageGradients(IReadOnlyList<Parameter> parameters);
}

internal sealed class Alone : ICollective
{
    public void AverageGradients(IReadOnlyList<Parameter> parameters)
    {
    }
}

/// <summary>The numbers that a step's forward pass computes with; weights and their gradients are fp32 in any case.</summary>
internal sealed record TrainingPrecision(Func<ITrainingTask, Tensor, Tensor, Tensor> Loss)
{
    public static TrainingPrecision Float32 { get; } = new((task, images, targets) => task.Loss(images, targets));
}
