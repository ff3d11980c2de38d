using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks;

/// <summary>A network's parameters and buffers as named fp32 tensors.</summary>
internal sealed class NetworkWeights(nn.Module network) : IWeightSource
{
    private readonly Dictionary<string, Tensor> _tensors = network.state_dict();

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _tensors[name].shape;

    public float[] Read(string name)
    {
        using var scope = NewDisposeScope();
        return _tensors[name].detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    public void CopyTo(string name, Span<float> destination)
    {
        using var scope = NewDisposeScope();
        var values = _tensors[name].detach().to(ScalarType.Float32).cpu().contiguous();
        MemoryMarshal.Cast<byte, float>(values.bytes).CopyTo(destination);
    }

    /// <summary>Copies every tensor that <paramref name="source"/> has under one of the network's names into the network.</summary>
    public void CopyFrom(IWeightSource source)
    {
        using var noGrad = no_grad();
        foreach (var (name, target) in _tensors)
        {
            if (!source.Contains(name))
                continue;
            var shape = source.Shape(name);
            if (!shape.SequenceEqual(target.shape))
                throw new ArgumentException(
                    $"Tensor '{name}' has shape [{string.Join(", ", shape)}]; the network's is [{string.Join(", ", target.shape)}].",
                    nameof(source));
            // Straight into the network's memory where it can take it, so that a big checkpoint is not held twice.
            if (target.device.type == DeviceType.CPU && target.dtype == ScalarType.Float32 && target.is_contiguous())
            {
                source.CopyTo(name, MemoryMarshal.Cast<byte, float>(target.bytes));
                continue;
            }
            using var scope = NewDisposeScope();
            target.copy_(tensor(source.Read(name)).reshape(target.shape));
        }
    }
}
