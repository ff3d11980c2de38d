using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Keeps a copy in main memory of the weights of the epoch that validates best.</summary>
internal sealed class BestWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _copy = [];
    private Validation? _best;

    /// <summary>The epoch kept, from 1; 0 before the first.</summary>
    public int Epoch { get; private set; }

    /// <summary>Keeps the weights if this epoch has the higher accuracy, or the same one and a lower loss.</summary>
    public bool Offer(VisionNetwork network, int epoch, Validation validation)
    {
        if (_best is { } best && (validation.Accuracy, -validation.Loss).CompareTo((best.Accuracy, -best.Loss)) <= 0)
            return false;
        (_best, Epoch) = (validation, epoch);
        using var noGrad = no_grad();
        foreach (var (name, tensor) in network.state_dict())
            if (_copy.TryGetValue(name, out var kept))
                kept.copy_(tensor);
            else
            {
                using var detached = tensor.detach();
                _copy[name] = detached.to(CPU, copy: true).DetachFromDisposeScope();
            }
        return true;
    }

    /// <summary>Writes the kept weights back; without any, the network stays as it is.</summary>
    public void Restore(VisionNetwork network)
    {
        using var noGrad = no_grad();
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
