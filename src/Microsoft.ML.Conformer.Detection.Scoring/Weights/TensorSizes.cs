namespace Microsoft.ML.Conformer.Detection.Weights;

/// <summary>The names and sizes of a weight file's tensors, by which a network's shape is told.</summary>
/// <param name="file">What messages call the file.</param>
/// <param name="tensors">Its tensors.</param>
internal sealed class TensorSizes(string file, IWeightSource tensors)
{
    public bool Has(string name) => tensors.Contains(name);

    /// <summary>How many tensors there are of numbered names, from a number on.</summary>
    public int Count(Func<int, string> name, int first = 0)
    {
        var next = first;
        while (Has(name(next)))
            next++;
        return next - first;
    }

    /// <summary>A size of a tensor.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="dimension">Which of its sizes, from 0.</param>
    /// <exception cref="WeightMismatchException">There is no such tensor, or it has no such size.</exception>
    public int Of(string name, int dimension)
    {
        if (!Has(name))
            throw Fault($"{name} is missing.");
        return tensors.Shape(name) is var shape && shape.Count > dimension && shape[dimension] is > 0 and <= int.MaxValue
            ? (int)shape[dimension]
            : throw Fault($"{name} is {CheckpointTensor.ShapeText(shape)}, which no detector has.");
    }

    /// <summary>Says that the file's detector cannot be told by its tensors.</summary>
    public WeightMismatchException Fault(string fault) => new(
        file, [fault],
        "What detector they are of cannot be told by their names and shapes; give it as " +
        $"{nameof(DetectorWeightOptions)}.{nameof(DetectorWeightOptions.Architecture)}.");
}
