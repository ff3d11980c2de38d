using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// One step of training: forward, backward, exchange of gradients, clipping, AdamW (Loshchilov and Hutter, 2019) with weight decay where
/// the architecture wants it.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly TrainingPrecision _precision;
    private readonly ICollective _collective;
    private readonly List<Parameter> _parameters;

    /// <param name="task">What to train. Its network is on its device already: moving a network replaces its parameters.</param>
    /// <param name="weightDecay">AdamW's weight decay, at least 0.</param>
    /// <param name="precision">The numbers that the forward pass computes with.</param>
    /// <param name="collective">The processes that train together.</param>
    public TrainingStep(ITrainingTask task, double weightDecay, TrainingPrecision precision, ICollective collective)
    {
        (_task, _precision, _collective) = (task, precision, collective);
        _parameters = [.. task.Network.parameters()];
        var groups = task.Network.named_parameters()
            .ToLookup(p => task.Network.Architecture.IsDecayed(p.name, (int)p.parameter.dim()), p => p.parameter);
        Optimizer = optim.AdamW(
            [
                new AdamW.ParamGroup(groups[true], weight_decay: weightDecay),
                new AdamW.ParamGroup(groups[false], weight_decay: 0),
            ]);
    }

    /// <summary>Has the moments of the gradients so far.</summary>
    public AdamW Optimizer { get; }

    /// <summary>
    /// The length to which gradients that are longer, all of them taken as one vector, are shortened; null (default): they never are.
    /// </summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>Takes a step. The gradients stay until the next one.</summary>
    /// <param name="images">[N, 3, H, W] on the network's device, channels-last.</param>
    /// <param name="targets">What the task's loss takes.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <returns>The batch's loss before the step, a scalar on the device; reading it waits for the device.</returns>
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
