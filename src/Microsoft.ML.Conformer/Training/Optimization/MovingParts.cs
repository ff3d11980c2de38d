using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>What a forward pass changes beside the gradients, as it is now: running statistics, counters, random numbers.</summary>
internal sealed class MovingParts
{
    private readonly ITrainableNetwork _network;
    private readonly FlatWeights _weights;
    private readonly Tensor _statistics;
    private readonly List<Tensor> _counters;
    private readonly Tensor? _random;

    /// <summary>The copies belong to the caller's dispose scope.</summary>
    public MovingParts(ITrainableNetwork network, FlatWeights weights)
    {
        (_network, _weights) = (network, weights);
        _statistics = Statistics.clone();
        _counters = [.. weights.Counters.Values.Select(counter => counter.clone())];
        _random = network.Random?.State();
    }

    private Tensor Statistics => _weights.Others.Of(_weights.Values);

    public void Restore()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Statistics.copy_(_statistics);
        foreach (var (counter, before) in _weights.Counters.Values.Zip(_counters))
            counter.copy_(before);
        if (_random is not null)
            _network.Random!.Restore(_random);
    }
}
