using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// Gradient checkpointing (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): of the forward pass only what goes from
/// one part of the network to the next is kept; the backward pass computes each part again, down to the first that is trained. Statistics
/// move once, and what was dropped at random is dropped again.
/// </summary>
internal sealed class Recomputation(ITrainingTask task, FlatWeights weights, TrainingPrecision precision)
{
    private readonly ITrainableNetwork _network = task.Network;

    /// <summary>Adds the gradients of a share, 0-1, of the loss; returns that, a scalar.</summary>
    public Tensor Backward(Tensor images, IReadOnlyList<Tensor> targets, double share)
    {
        using var scope = NewDisposeScope();
        var parts = _network.Parts;
        var kept = new List<(Func<Tensor[], Tensor[]> Part, Tensor[] Inputs, Tensor? Random)>();
        var isTrained = _network.Module.parameters().All(parameter => parameter.requires_grad);
        Tensor[] values = [images];
        foreach (var part in parts.SkipLast(1))
        {
            var before = (part, values, _network.Random?.State());
            // What comes of frozen weights alone needs no gradients, which libtorch knows where it is let keep what they would take.
            using (isTrained ? no_grad() : null)
                values = Compute(part, values);
            isTrained |= values.Any(value => value.requires_grad);
            values = [.. values.Select(Detached)];
            if (isTrained)
                kept.Add(before);
        }

        var inputs = Leaves(values, kept.Count > 0);
        Tensor loss;
        using (Autocast.To(precision, images.device_type))
            loss = task.Loss(parts[^1](inputs), targets).Times(share);
        var after = new MovingParts(_network, weights);
        loss.backward();
        for (var part = kept.Count - 1; part >= 0; part--)
            inputs = Again(kept[part].Part, kept[part].Inputs, kept[part].Random, inputs, isFirst: part == 0);

        after.Restore();
        return loss.detach().MoveToOuterDisposeScope();
    }

    /// <summary>Computes a part again, and the gradients of its weights and inputs from those of its outputs.</summary>
    /// <returns>The inputs, with their gradients but for the first part's, which need none.</returns>
    private Tensor[] Again(Func<Tensor[], Tensor[]> part, Tensor[] inputs, Tensor? random, Tensor[] outputsBefore, bool isFirst)
    {
        using var scope = NewDisposeScope();
        if (random is not null)
            _network.Random!.Restore(random);
        var leaves = Leaves(inputs, !isFirst);
        var outputs = Compute(part, leaves);
        var toDo = outputs.Zip(outputsBefore).Where(pair => pair is { First.requires_grad: true, Second.grad: not null }).ToList();
        autograd.backward([.. toDo.Select(pair => pair.First)], [.. toDo.Select(pair => pair.Second.grad!)]);
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

    private static Tensor Detached(Tensor value)
    {
        using (value)
            return value.detach();
    }

    private static Tensor[] Leaves(Tensor[] values, bool wantGradients = true) =>
        [.. values.Select(value => value.detach().requires_grad_(wantGradients))];
}
