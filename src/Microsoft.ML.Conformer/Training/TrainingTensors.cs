using System.Globalization;
using System.IO.Hashing;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>The tensors that a run's remaining steps follow from: weights, moments, average, best weights, random numbers.</summary>
internal sealed class TrainingTensors : IDisposable
{
    private const string BestPrefix = "best.", NetworkPrefix = "network.", RandomName = "random", RankPrefix = "random.rank";

    private readonly ITrainableNetwork _network;
    private readonly TrainingStep _step;
    private readonly ICollective _all;
    private byte[][] _randomOfRanks = [];

    public TrainingTensors(ITrainableNetwork network, TrainingStep step, double? averageDecay, ICollective all)
    {
        (_network, _step, _all) = (network, step, all);
        Average = averageDecay is { } decay ? new WeightAverage(step.Weights, decay) : null;
    }

    /// <summary>The average of the weights, where there is one.</summary>
    public WeightAverage? Average { get; }

    public BestWeights Best { get; } = new();

    /// <summary>
    /// Gives all ranks the statistics of rank 0: each has its own from the images that it saw, and training mode does without.
    /// </summary>
    /// <exception cref="InvalidOperationException">The ranks' weights differ; they are to be the same to the bit.</exception>
    public void ShareStatistics()
    {
        if (_all.Size == 1)
            return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (weights, statistics) = (_step.Weights, _step.Weights.Others);
        var trained = weights.Values.narrow(0, 0, statistics.Start);
        var hashes = _all.GatherOne(XxHash3.HashToUInt64(trained.cpu().bytes), "the weights' hashes");
        if (Array.FindIndex(hashes, hash => hash != hashes[0]) is var other and > 0)
            throw new InvalidOperationException(
                $"The weights of rank {other} are not those of rank 0 any more, which ranks of the same hardware and libraries always " +
                "share. Check that all machines are alike; go on from the last checkpoint.");
        _all.BroadcastAll(
            [statistics.Of(weights.Values), .. weights.Counters.Values, .. Average is null ? [] : (Tensor[])[statistics.Of(Average.Values)]],
            "the statistics");
    }

    /// <summary>Brings the random numbers of all ranks to rank 0, whose <see cref="All"/> has them then.</summary>
    public void GatherRandom()
    {
        using var state = _network.Random?.State();
        if (_all.Size > 1 && state is not null)
            _randomOfRanks = _all.Gather(state.bytes.ToArray(), "the random numbers");
    }

    /// <summary>Gives all ranks what rank 0 has from <see cref="CopyFrom"/>, and each its own random numbers where these were saved.</summary>
    /// <param name="hasBest">Whether there are best weights.</param>
    public void Broadcast(bool hasBest)
    {
        var randomOfRanks = _randomOfRanks;
        _randomOfRanks = []; // from now on others
        if (_all.Size == 1)
            return;
        if (hasBest && _all.Rank > 0)
            Best.Keep(_network.Module);
        _all.BroadcastAll(
            [
                _step.Weights.Values, .. _step.Weights.Counters.Values, _step.Optimizer.Mean, _step.Optimizer.Square,
                _step.Optimizer.Steps, .. Average is null ? [] : (Tensor[])[Average.Values],
                .. hasBest ? Best.Values.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value) : [],
            ],
            "the checkpoint");
        if (_network.Random is not { } random)
            return;
        using var own = random.State();
        var saved = _all.Gather(randomOfRanks.SelectMany(state => state).ToArray(), "the checkpoint")[0];
        var length = (int)own.numel();
        if (_all.Rank == 0 || saved.Length < (_all.Rank + 1) * length)
            return;
        using var state = tensor(saved.AsSpan(_all.Rank * length, length).ToArray());
        random.Restore(state);
    }

    /// <summary>
    /// All of them, by names that tell what they are and, after it, the network's name for them. What is made for it belongs to the
    /// caller's dispose scope.
    /// </summary>
    public Dictionary<string, Tensor> All()
    {
        var all = new Dictionary<string, Tensor> { ["optimizer.steps"] = _step.Optimizer.Steps };
        Add(NetworkPrefix, _network.Module.state_dict());
        Add("optimizer.mean.", _step.Weights.Named(_step.Optimizer.Mean));
        Add("optimizer.square.", _step.Weights.Named(_step.Optimizer.Square));
        if (Average is not null)
            Add("average.", _step.Weights.Named(Average.Values));
        Add(BestPrefix, Best.Values);
        if (_network.Random is { } random)
            all[RandomName] = random.State();
        for (var rank = 1; rank < _randomOfRanks.Length; rank++)
            all[NameOfRank(rank)] = tensor(_randomOfRanks[rank]);
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
        if (all.Keys.Except(names).Concat(names.Except(all.Keys).Where(name =>
                !name.StartsWith(BestPrefix, StringComparison.Ordinal) && !name.StartsWith(RankPrefix, StringComparison.Ordinal)))
            .FirstOrDefault() is { } wrong)
            throw new InvalidDataException(
                $"The checkpoint '{VisibleText.OfPath(saved.Name)}' has not the tensors of this run: '{VisibleText.Of(wrong)}' is in one " +
                "of them alone. Another version may have written it; name another folder to begin anew.");
        var ofRanks = new Dictionary<string, byte[]>();
        foreach (var tensor in saved.Tensors)
        {
            using var tensorScope = NewDisposeScope();
            // The best weights of a run that has just begun are not there yet; they are the network's.
            var isOfRank = tensor.Name.StartsWith(RankPrefix, StringComparison.Ordinal);
            var like = isOfRank ? all.GetValueOrDefault(RandomName)
                : all.GetValueOrDefault(tensor.Name) ?? all.GetValueOrDefault(NetworkPrefix + tensor.Name[BestPrefix.Length..]);
            if (like is null || !tensor.Shape.SequenceEqual(like.shape) || TypeOf(tensor) != like.dtype)
                throw new InvalidDataException(
                    $"The checkpoint '{VisibleText.OfPath(saved.Name)}' has '{VisibleText.Of(tensor.Name)}' as {tensor.Type} " +
                    $"{CheckpointTensor.ShapeText(tensor.Shape)}, which this run has not. Name another folder to begin anew.");
            var values = Read(tensor);
            if (isOfRank || tensor.Name == RandomName)
                ofRanks[tensor.Name] = values.bytes.ToArray();
            if (isOfRank)
                continue;
            if (tensor.Name == RandomName)
                _network.Random!.Restore(values);
            else if (all.TryGetValue(tensor.Name, out var target))
                target.copy_(values);
            else
                Best.Add(tensor.Name[BestPrefix.Length..], values);
        }
        if (ofRanks.TryGetValue(RandomName, out var random))
            _randomOfRanks =
            [
                random,
                .. Enumerable.Range(1, ofRanks.Count).Select(rank => ofRanks.GetValueOrDefault(NameOfRank(rank)))
                    .TakeWhile(state => state is not null).Select(state => state!),
            ];
    }

    public void Dispose()
    {
        Average?.Dispose();
        Best.Dispose();
    }

    private static string NameOfRank(int rank) => RankPrefix + rank.ToString(CultureInfo.InvariantCulture);

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
