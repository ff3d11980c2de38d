using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Weights;

/// <summary>
/// Which tensors of a file go into a network, under the official names. As a weight source it has those tensors only; every value that
/// it gives out is finite. It is usable for as long as the file is open.
/// </summary>
internal sealed class WeightPlan : IWeightSource
{
    private readonly CheckpointFile _file;
    private readonly IReadOnlyDictionary<string, CheckpointTensor> _tensors;

    internal WeightPlan(
        CheckpointFile file,
        IReadOnlyDictionary<string, CheckpointTensor> tensors,
        IReadOnlyList<string> leftAtInitialValues,
        int? replacedClasses,
        IReadOnlyList<string> warnings)
    {
        (_file, _tensors) = (file, tensors);
        (LeftAtInitialValues, ReplacedClasses, Warnings) = (leftAtInitialValues, replacedClasses, warnings);
    }

    /// <summary>Official names of the network's tensors that keep their initial values, BatchNorm counters apart.</summary>
    public IReadOnlyList<string> LeftAtInitialValues { get; }

    /// <summary>The file's number of classes where it differs from the network's, so that both heads start anew; otherwise null.</summary>
    public int? ReplacedClasses { get; }

    /// <summary>What the user should know, one sentence each: replaced heads, and with non-strict matching whatever does not fit.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The official names that the plan loads.</summary>
    public IEnumerable<string> Names => _tensors.Keys;

    /// <inheritdoc />
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>The tensor's shape; a BatchNorm's counter is a scalar, also where the file has it as [1].</summary>
    /// <exception cref="KeyNotFoundException">The plan does not load this name.</exception>
    public IReadOnlyList<long> Shape(string name)
    {
        var tensor = new NetworkTensor(name, _tensors[name].Shape);
        return tensor.IsBatchCounter ? [] : tensor.Shape;
    }

    /// <inheritdoc />
    /// <exception cref="CheckpointFormatException">The tensor's data is damaged, or a value is not finite.</exception>
    public float[] Read(string name)
    {
        var values = _file.Read(_tensors[name].Name);
        CheckFinite(name, values);
        return values;
    }

    /// <summary>Reads a tensor's values in row-major order into <paramref name="destination"/>, of the tensor's length.</summary>
    /// <exception cref="KeyNotFoundException">The plan does not load this name.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="CheckpointFormatException">The tensor's data is damaged, or a value is not finite.</exception>
    public void CopyTo(string name, Span<float> destination)
    {
        _file.CopyTo(_tensors[name].Name, destination);
        CheckFinite(name, destination);
    }

    private void CheckFinite(string name, ReadOnlySpan<float> values)
    {
        if (TensorPrimitives.IsFiniteAll(values))
            return;
        var index = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        throw new CheckpointFormatException(
            _file.Name, $"element {index} is {values[index]}; weights must be finite. The training that saved them diverged.", name);
    }
}
