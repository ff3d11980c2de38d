using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>A copy, in main memory, of the weights of the epoch that validates best.</summary>
internal sealed class BestWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _copy = [];

    /// <summary>By name, laid out as they lie in the network; empty before the first is kept.</summary>
    public IReadOnlyDictionary<string, Tensor> Values => _copy;

    public void Keep(nn.Module network)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in network.state_dict())
            if (_copy.TryGetValue(name, out var kept))
                kept.copy_(tensor);
            else
                _copy[name] = tensor.detach().to(CPU, copy: true).DetachFromDisposeScope();
    }

    /// <summary>Takes over a tensor that was kept before.</summary>
    public void Add(string name, Tensor tensor) => _copy[name] = tensor.DetachFromDisposeScope();

    /// <summary>Writes the kept weights back; without any, the network stays as it is.</summary>
    public void Restore(nn.Module network)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in network.state_dict())
            if (_copy.TryGetValue(name, out var kept))
                tensor.copy_(kept);
    }

    public void Dispose()
    {
        foreach (var tensor in _copy.Values)
            tensor.Dispose();
    }
}
