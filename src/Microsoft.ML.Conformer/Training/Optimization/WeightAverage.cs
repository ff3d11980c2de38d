using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>
/// An exponential moving average of a network's parameters and running statistics, as timm's ModelEma has it. Counters are not averaged.
/// </summary>
internal sealed class WeightAverage(FlatWeights weights, double decay) : IDisposable
{
    /// <summary>The average, as long as the weights.</summary>
    public Tensor Values { get; } = weights.Values.clone().DetachFromDisposeScope();

    /// <param name="updates">
    /// The number of updates before this one, where the average is to begin fast and keep no more than (1 + updates) / (10 + updates) of
    /// itself (TensorFlow's rule): one of few steps would otherwise be little else than the initial weights. Null: it does not.
    /// </param>
    public void Update(long? updates = null)
    {
        var kept = updates is { } before ? Math.Min(decay, (1.0 + before) / (10 + before)) : decay;
        TorchOperators.Lerp(Values, weights.Values, 1 - kept);
    }

    /// <summary>Gives the network the average, and the average the network's weights, until the result is disposed.</summary>
    public IDisposable InNetwork()
    {
        Exchange();
        return new Undoing(Exchange);
    }

    public void Dispose() => Values.Dispose();

    private void Exchange()
    {
        using var noGrad = no_grad();
        using var average = Values.clone();
        Values.copy_(weights.Values);
        weights.Values.copy_(average);
    }
}
