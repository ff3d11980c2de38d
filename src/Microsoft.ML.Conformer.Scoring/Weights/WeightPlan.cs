using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Weights;

/// <summary>
/// Which tensors of a file go into a network, under the official names. As a weight source it has those tensors only; every value that
/// it gives out is finite. It is usable for as long as the file is open. All others, integers apart, are left at initial values;
/// so are the heads where the file has none, or another number of classes. Notes and warnings are what the user should know, one sentence
/// each.
/// </summary>
internal sealed record WeightPlan(
    CheckpointFile File, IReadOnlyDictionary<string, CheckpointTensor> Tensors, IReadOnlyList<string> LeftAtInitialValues,
    int? ReplacedClasses, IReadOnlyList<string> Notes, IReadOnlyList<string> Warnings) : IWeightSource
{
    public IEnumerable<string> Names => Tensors.Keys;

    public bool Contains(string name) => Tensors.ContainsKey(name);

    /// <summary>The tensor's shape; a BatchNorm's counter is a scalar, also where the file has it as [1].</summary>
    public IReadOnlyList<long> Shape(string name)
    {
        var tensor = new NetworkTensor(name, Tensors[name].Shape);
        return tensor.IsBatchCounter ? [] : tensor.Shape;
    }

    public float[] Read(string name)
    {
        var values = File.Read(Tensors[name].Name);
        CheckFinite(name, values);
        return values;
    }

    public void CopyTo(string name, Span<float> destination)
    {
        File.CopyTo(Tensors[name].Name, destination);
        CheckFinite(name, destination);
    }

    private void CheckFinite(string name, ReadOnlySpan<float> values)
    {
        if (TensorPrimitives.IsFiniteAll(values))
            return;
        var index = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        throw new CheckpointFormatException(
            File.Name, $"element {index} is {values[index]}; weights must be finite. The training that saved them diverged.", name);
    }
}
