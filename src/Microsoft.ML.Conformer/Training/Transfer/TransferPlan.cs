using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Transfer;

/// <summary>Which of a network's weights are trained in which epoch, and how fast.</summary>
internal sealed class TransferPlan
{
    private readonly ITrainableNetwork _network;
    private readonly TransferOptions _options;
    private readonly HashSet<string> _batchNorms;
    private readonly List<(Tensor Parameter, int FirstEpoch)> _late = [];
    private int _lowest;

    /// <summary>What is never trained needs no gradient from here on.</summary>
    public TransferPlan(ITrainableNetwork network, TransferOptions options)
    {
        (_network, _options) = (network, options);
        _batchNorms = [.. network.Module.named_modules().Where(entry => entry.module is BatchNorm2d).Select(entry => entry.name)];
        foreach (var (name, parameter) in network.Module.named_parameters())
            if (FirstEpochOf(name) is not { } epoch)
                parameter.requires_grad = false;
            else if (epoch > 0 && parameter.requires_grad)
                _late.Add((parameter, epoch));
    }

    /// <summary>The epoch, from 0, in which the last layers join: from then on all that ever is trained is.</summary>
    public int LastStart => _late.Select(late => late.FirstEpoch).DefaultIfEmpty().Max();

    /// <summary>Checks that what is frozen in the first epoch, whether or not it ever is trained, does not come from chance.</summary>
    /// <param name="network">The network that the weights are for.</param>
    /// <param name="options">What is frozen.</param>
    /// <param name="weights">What the network starts from.</param>
    /// <exception cref="WeightMismatchException">The weights lack tensors that are frozen.</exception>
    public static void EnsureNoneIsKeptRandom(ITrainableNetwork network, TransferOptions options, WeightPlan weights)
    {
        var plan = new TransferPlan(network, options);
        List<string> faults =
        [
            .. weights.LeftAtInitialValues.Where(tensor => plan.IsFrozen(tensor, epoch: 0))
                .Select(tensor => $"{tensor} is left at its initial values, and frozen."),
        ];
        if (faults.Count > 0)
            throw new WeightMismatchException(weights.File.Name, faults,
                "What is frozen must come from the file: name weights of this network, or train all layers " +
                $"({nameof(options.Freeze)} = {nameof(Freezing.None)}, {nameof(options.FreezeBatchNorm)} = false in Transfer).");
    }

    /// <summary>How a parameter is trained, by its name in the state dict and its number of dimensions.</summary>
    public WeightRule RuleOf(string tensor, int dimensions)
    {
        var layersAbove = _network.LayerCount - 1 - _network.LayerOf(tensor);
        var scale = Math.Pow(_options.LayerDecay, layersAbove) * (_network.IsHead(tensor) ? _options.HeadLearningRateFactor : 1);
        return new WeightRule(_network.IsDecayed(tensor, dimensions), scale, FirstEpochOf(tensor) ?? 0);
    }

    /// <summary>
    /// Puts what is trained in an epoch, from 0, into training mode. What is frozen needs no gradient and is in evaluation mode: its
    /// statistics stay, and nothing is dropped. Returns what a user should know of it where it is not as before.
    /// </summary>
    public string? Apply(int epoch)
    {
        _network.Module.train();
        foreach (var (name, module) in _network.Module.named_modules())
            if (IsFrozen($"{name}.weight", epoch)) // a layer's, whether or not there is such a tensor
                module.eval();
        foreach (var (parameter, firstEpoch) in _late)
            parameter.requires_grad = firstEpoch <= epoch;
        return NewsOf(epoch);
    }

    private bool IsFrozen(string tensor, int epoch) => FirstEpochOf(tensor) is not { } first || first > epoch;

    /// <summary>The epoch from which on a weight is trained, from 0, or null for never.</summary>
    private int? FirstEpochOf(string tensor)
    {
        if (_options.FreezeBatchNorm && _batchNorms.Contains(tensor[..Math.Max(0, tensor.LastIndexOf('.'))]))
            return null;
        return _options.Freeze switch
        {
            Freezing.Backbone => _network.IsHead(tensor) ? 0 : null,
            Freezing.Gradual => FirstEpochOf(_network.LayerOf(tensor)),
            _ => 0,
        };
    }

    /// <summary>Gradual unfreezing: the layers below the heads' join evenly over some epochs.</summary>
    private int FirstEpochOf(int layer)
    {
        var (others, below) = (_network.LayerCount - 1, _network.LayerCount - 2 - layer);
        return below < 0 ? 0 : _options.HeadEpochs + (int)((long)below * _options.UnfreezingEpochs / others);
    }

    private string? NewsOf(int epoch)
    {
        var last = _network.LayerCount - 1;
        var lowest = _options.Freeze switch
        {
            Freezing.Backbone => last,
            Freezing.Gradual => Enumerable.Range(0, last + 1).First(layer => FirstEpochOf(layer) <= epoch),
            _ => 0,
        };
        if (lowest == _lowest)
            return null;
        _lowest = lowest;
        return _options.Freeze == Freezing.Backbone ? "The network is frozen but for its heads."
            : lowest == 0 ? $"From epoch {epoch + 1} on the whole network is trained."
            : lowest == last ? $"In epoch {epoch + 1} the layer of the heads alone is trained; the {lowest} layers below are frozen."
            : $"In epoch {epoch + 1} layers {lowest}-{last} are trained; the {lowest} below are frozen.";
    }
}
