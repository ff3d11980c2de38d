using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// Gradient checkpointing (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): of the forward pass only what goes from
/// one part of the network to the next is kept; the backward pass computes each part again. Statistics move once, and what was dropped at
/// random is dropped again.
/// </summary>
internal sealed class Recomputation(ITrainingTask task, FlatWeights weights, TrainingPrecision precision)
{
    private readonly VisionNetwork _network = task.Network;

    /// <summary>Adds the gradients of a share, 0-1, of the loss; returns that, a scalar.</summary>
    public Tensor Backward(Tensor images, Tensor targets, double share)
    {
        using var scope = NewDisposeScope();
        var parts = _network.Parts;
        var kept = new List<(Tensor[] Inputs, Tensor? Random)>();
        Tensor[] values = [images];
        foreach (var part in parts.SkipLast(1))
        {
            kept.Add((values, _network.Random?.State()));
            using var noGrad = no_grad();
            values = Compute(part, values);
        }

        var inputs = Leaves(values);
        Tensor loss;
        using (Autocast.To(precision, images.device_type))
            loss = task.Loss(parts[^1](inputs), targets) * share;
        var after = new MovingParts(_network, weights);
        loss.backward();
        for (var part = kept.Count - 1; part >= 0; part--)
            inputs = Again(parts[part], kept[part].Inputs, kept[part].Random, inputs, isFirst: part == 0);

        after.Restore();
        return loss.detach().MoveToOuterDisposeScope();
    }

    /// <summary>Computes a part again, and the gradients of its weights and inputs from those of its outputs.</summary>
    /// <returns>The inputs, with their gradients but for the first part's, which are the images.</returns>
    private Tensor[] Again(Func<Tensor[], Tensor[]> part, Tensor[] inputs, Tensor? random, Tensor[] outputsBefore, bool isFirst)
    {
        using var scope = NewDisposeScope();
        if (random is not null)
            _network.Random!.Restore(random);
        var leaves = Leaves(inputs, !isFirst);
        var outputs = Compute(part, leaves);
        autograd.backward(outputs, [.. outputsBefore.Select(output => output.grad!)]);
        foreach (var done in outputsBefore)
            done.Dispose();
        foreach (var leaf in leaves)
            leaf.MoveToOuterDisposeScope();
        return leaves;
    }

    /// <summary>
    /// In a scope of autocast's own: it keeps the weights that it converts, and those of a pass without gradients have none.
    /// </summary>
    private Tensor[] Compute(Func<Tensor[], Tensor[]> part, Tensor[] values)
    {
        using var autocast = Autocast.To(precision, values[0].device_type);
        return part(values);
    }

    private static Tensor[] Leaves(Tensor[] values, bool wantGradients = true) =>
        [.. values.Select(value => value.detach().requires_grad_(wantGradients))];
}
