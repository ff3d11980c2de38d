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
        Steps = zeros([], device: weights.Gradients.device).DetachFromDisposeScope();
    }

    /// <summary>The moving averages of the gradients and of their squares, as long as the gradients.</summary>
    public Tensor Mean { get; }

    public Tensor Square { get; }

    /// <summary>The number of steps taken, a scalar.</summary>
    public Tensor Steps { get; }

    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        Steps.add_(1);
        foreach (var (group, decay) in new[] { (_weights.Decayed, _decay), (_weights.Undecayed, 0) })
            if (group.End > group.Start)
                TorchOperators.AdamW(
                    group.Of(_weights.Values), group.Of(_weights.Gradients), group.Of(Mean), group.Of(Square), Steps, learningRate, decay);
    }

    public void Dispose()
    {
        Mean.Dispose();
        Square.Dispose();
        Steps.Dispose();
    }
}
