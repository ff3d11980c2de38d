using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>AdamW (Loshchilov and Hutter, 2019) on a network's flat weights, in one pass over each group of them.</summary>
internal sealed class AdamW : IDisposable
{
    private readonly FlatWeights _weights;
    private readonly double _decay;

    public AdamW(FlatWeights weights, double decay)
    {
        (_weights, _decay) = (weights, decay);
        Mean = zeros_like(weights.Gradients).DetachFromDisposeScope();
        Square = zeros_like(weights.Gradients).DetachFromDisposeScope();
        Steps = zeros(weights.Groups.Count, device: weights.Gradients.device).DetachFromDisposeScope();
    }

    /// <summary>The moving averages of the gradients and of their squares, as long as the gradients.</summary>
    public Tensor Mean { get; }

    public Tensor Square { get; }

    /// <summary>The number of steps that each group has taken: one that is trained later begins with its first step then.</summary>
    public Tensor Steps { get; }

    /// <param name="learningRate">Of the groups whose scale is 1.</param>
    /// <param name="epoch">The epoch, from 0; groups that are frozen in it stay as they are.</param>
    public void Step(double learningRate, int epoch = 0)
    {
        using var scope = NewDisposeScope();
        foreach (var (index, (rule, place)) in _weights.Groups.Index())
        {
            if (rule.FirstEpoch > epoch)
                continue;
            var steps = Steps.select(0, index).Increment();
            TorchOperators.AdamW(
                place.Of(_weights.Values), place.Of(_weights.Gradients), place.Of(Mean), place.Of(Square), steps,
                learningRate * rule.RateScale, rule.IsDecayed ? _decay : 0);
        }
    }

    public void Dispose()
    {
        Mean.Dispose();
        Square.Dispose();
        Steps.Dispose();
    }
}
