using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>An exponential moving average of parameters and running statistics, as timm's ModelEma has it. Counters are copied.</summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly nn.Module _network;
    private readonly double _decay;
    private readonly Dictionary<string, Tensor> _weights = [];

    /// <summary>An update keeps the share <paramref name="decay"/> (0-1) of the average so far.</summary>
    public WeightAverage(nn.Module network, double decay)
    {
        (_network, _decay) = (network, decay);
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in network.state_dict())
            _weights[name] = tensor.detach().clone().DetachFromDisposeScope();
    }

    public IReadOnlyDictionary<string, Tensor> Weights => _weights;

    public void Update()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, current) in _network.state_dict())
            if (current.is_floating_point())
                _weights[name].mul_(_decay).add_(current, alpha: 1 - _decay);
            else
                _weights[name].copy_(current);
    }

    public void Dispose()
    {
        foreach (var tensor in _weights.Values)
            tensor.Dispose();
    }
}
