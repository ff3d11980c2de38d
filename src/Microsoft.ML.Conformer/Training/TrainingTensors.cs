using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>The tensors that a run's remaining steps follow from: weights, moments, average, best weights, random numbers.</summary>
internal sealed class TrainingTensors : IDisposable
{
    private const string BestPrefix = "best.", NetworkPrefix = "network.", RandomName = "random";

    private readonly VisionNetwork _network;
    private readonly TrainingStep _step;

    public TrainingTensors(VisionNetwork network, TrainingStep step, double? averageDecay)
    {
        (_network, _step) = (network, step);
        Average = averageDecay is { } decay ? new WeightAverage(step.Weights, decay) : null;
    }

    /// <summary>The average of the weights, where there is one.</summary>
    public WeightAverage? Average { get; }

    public BestWeights Best { get; } = new();

    /// <summary>
    /// All of them, by names that tell what they are and, after it, the network's name for them. What is made for it belongs to the
    /// caller's dispose scope.
    /// </summary>
    public Dictionary<string, Tensor> All()
    {
        var all = new Dictionary<string, Tensor> { ["optimizer.steps"] = _step.Optimizer.Steps };
        Add(NetworkPrefix, _network.state_dict());
        Add("optimizer.mean.", _step.Weights.Named(_step.Optimizer.Mean));
        Add("optimizer.square.", _step.Weights.Named(_step.Optimizer.Square));
        if (Average is not null)
            Add("average.", _step.Weights.Named(Average.Values));
        Add(BestPrefix, Best.Values);
        if (_network.Random is { } random)
            all[RandomName] = random.State();
        return all;

        void Add(string prefix, IEnumerable<KeyValuePair<string, Tensor>> tensors)
        {
            foreach (var (name, tensor) in tensors)
                all[prefix + name] = tensor;
        }
    }

    /// <summary>Takes over what <see cref="All"/> gave to a file.</summary>
    public void CopyFrom(CheckpointFile saved)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var all = All();
        var names = saved.Tensors.Select(tensor => tensor.Name).ToHashSet();
        if (all.Keys.Except(names).Concat(names.Except(all.Keys).Where(name => !name.StartsWith(BestPrefix, StringComparison.Ordinal)))
            .FirstOrDefault() is { } wrong)
            throw new InvalidDataException(
                $"The checkpoint '{VisibleText.OfPath(saved.Name)}' has not the tensors of this run: '{VisibleText.Of(wrong)}' is in one " +
                "of them alone. Another version may have written it; name another folder to begin anew.");
        foreach (var tensor in saved.Tensors)
        {
            using var tensorScope = NewDisposeScope();
            // The best weights of a run that has just begun are not there yet; they are the network's.
            var like = all.GetValueOrDefault(tensor.Name) ?? all.GetValueOrDefault(NetworkPrefix + tensor.Name[BestPrefix.Length..]);
            if (like is null || !tensor.Shape.SequenceEqual(like.shape) || TypeOf(tensor) != like.dtype)
                throw new InvalidDataException(
                    $"The checkpoint '{VisibleText.OfPath(saved.Name)}' has '{VisibleText.Of(tensor.Name)}' as {tensor.Type} " +
                    $"{CheckpointTensor.ShapeText(tensor.Shape)}, which this run has not. Name another folder to begin anew.");
            var values = Read(tensor);
            if (tensor.Name == RandomName)
                _network.Random!.Restore(values);
            else if (all.TryGetValue(tensor.Name, out var target))
                target.copy_(values);
            else
                Best.Add(tensor.Name[BestPrefix.Length..], values);
        }
    }

    public void Dispose()
    {
        Average?.Dispose();
        Best.Dispose();
    }

    private static ScalarType? TypeOf(CheckpointTensor saved) =>
        saved.Type == ElementType.Float32 ? ScalarType.Float32
        : saved.Type == ElementType.Int64 ? ScalarType.Int64
        : saved.Type == ElementType.UInt8 ? ScalarType.Byte
        : null;

    private static Tensor Read(CheckpointTensor saved)
    {
        var values = empty([.. saved.Shape], TypeOf(saved)!.Value);
        saved.Storage.Read(0, values.bytes, saved.Name);
        return values;
    }
}
