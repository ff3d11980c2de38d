using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Optimization;

/// <summary>
/// A network's weights, and their gradients, as one vector each, of which the network's own tensors become views: an optimizer's step, an
/// average, a norm and an exchange of gradients are then each a single operation. Convolution weights are laid out channels-last, which
/// with channels-last images saves a reordering around every convolution. Names, values and shapes stay as they are.
/// </summary>
internal sealed class FlatWeights : IDisposable
{
    /// <summary>Values to which places are rounded up: 64 bytes, a line of the cache. The padding is 0 and stays 0.</summary>
    private const int Alignment = 16;

    private readonly List<Slot> _slots = [];

    /// <param name="network">All its parameters and statistics are 32-bit floats.</param>
    /// <param name="isDecayed">Whether weight decay applies to a parameter, by its name and its number of dimensions.</param>
    public FlatWeights(nn.Module network, Func<string, int, bool> isDecayed)
        : this(network, (name, dimensions) => new WeightRule(isDecayed(name, dimensions)))
    {
    }

    /// <summary>The network is on its device already: moving it would give it tensors of its own again.</summary>
    /// <param name="network">
    /// All its parameters and statistics are 32-bit floats. Parameters that need no gradient stay as they are.
    /// </param>
    /// <param name="ruleOf">How a parameter is trained, by its name and its number of dimensions.</param>
    public FlatWeights(nn.Module network, Func<string, int, WeightRule> ruleOf)
        : this(network, ruleOf, parameter => parameter.requires_grad)
    {
    }

    private FlatWeights(nn.Module network, Func<string, int, WeightRule> ruleOf, Func<Tensor, bool> isTrained)
    {
        var parameters = network.named_parameters()
            .Select(p => (p.name, Tensor: (Tensor)p.parameter)).ToLookup(p => isTrained(p.Tensor));
        var buffers = network.named_buffers().Select(b => (b.name, Tensor: b.buffer)).ToLookup(b => b.Tensor.is_floating_point());
        Groups =
        [
            .. parameters[true].GroupBy(p => ruleOf(p.name, (int)p.Tensor.dim())).OrderByDescending(group => group.Key.IsDecayed)
                .Select(group => new WeightGroup(group.Key, Place(group))),
        ];
        var trainedEnd = _slots.Count == 0 ? 0 : _slots[^1].End;
        Others = Place(parameters[false].Concat(buffers[true]));
        Counters = buffers[false].ToDictionary(b => b.name, b => b.Tensor);

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var device = _slots[0].Tensor.device;
        Values = zeros(Others.End, device: device).DetachFromDisposeScope();
        Gradients = zeros(trainedEnd, device: device).DetachFromDisposeScope();
        foreach (var slot in _slots)
        {
            var view = slot.ViewOf(Values);
            view.copy_(slot.Tensor);
            slot.Tensor.set_(view);
            if (slot.Offset < trainedEnd)
                slot.Tensor.grad = slot.ViewOf(Gradients);
        }
    }

    /// <summary>The same for a network that only scores: all its tensors are among the <see cref="Others"/>.</summary>
    public static FlatWeights WithoutGradients(nn.Module network) => new(network, (_, _) => default, _ => false);

    /// <summary>The trained parameters, those of one rule side by side: an optimizer's step takes one operation for each group.</summary>
    public IReadOnlyList<WeightGroup> Groups { get; }

    /// <summary>The place of statistics, and of parameters that are never trained, after all groups.</summary>
    public Span Others { get; }

    /// <summary>Every parameter and statistic.</summary>
    public Tensor Values { get; }

    /// <summary>The gradients of the trained parameters, to which a backward pass adds.</summary>
    public Tensor Gradients { get; }

    /// <summary>Integer buffers, which are not among the values, by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Counters { get; }

    /// <summary>A vector like <see cref="Values"/> or <see cref="Gradients"/> as tensors by the names of the network's.</summary>
    public Dictionary<string, Tensor> Named(Tensor vector) =>
        _slots.Where(slot => slot.Offset < vector.shape[0]).ToDictionary(slot => slot.Name, slot => slot.ViewOf(vector));

    /// <summary>The network keeps its weights, and has no gradients any more.</summary>
    public void Dispose()
    {
        foreach (var slot in _slots)
            if (!slot.Tensor.IsInvalid) // moving a network to another device disposes the tensors that it had
                slot.Tensor.grad = null;
        Values.Dispose();
        Gradients.Dispose();
    }

    private Span Place(IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        var end = _slots.Count == 0 ? 0 : _slots[^1].End;
        var start = end;
        foreach (var (name, tensor) in tensors)
        {
            _slots.Add(new Slot(name, tensor, end));
            end = _slots[^1].End;
        }
        return new Span(start, end);
    }

    internal readonly record struct Span(long Start, long End)
    {
        public Tensor Of(Tensor vector) => vector.narrow(0, Start, End - Start);
    }

    private sealed record Slot(string Name, Tensor Tensor, long Offset)
    {
        public long End => (Offset + Tensor.numel() + Alignment - 1) / Alignment * Alignment;

        public Tensor ViewOf(Tensor vector)
        {
            var (shape, values) = (Tensor.shape, vector.narrow(0, Offset, Tensor.numel()));
            return shape.Length == 4 ? values.view(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2) : values.view(shape);
        }
    }
}
