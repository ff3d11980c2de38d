using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>
/// The tensors that a graph needs, checked by name and shape when they are asked for and read when they are written. Faults are
/// collected, so that one error names all of them.
/// </summary>
internal sealed class RequiredWeights(IWeightSource source)
{
    private readonly List<string> _faults = [];

    /// <summary>Asks for a tensor; the result reads it.</summary>
    public WeightTensor Require(string name, params IReadOnlyList<long> shape)
    {
        if (!source.Contains(name))
            _faults.Add($"'{name}' is missing; [{string.Join(", ", shape)}] is expected.");
        else if (source.Shape(name) is var found && !found.SequenceEqual(shape))
            _faults.Add($"'{name}' is [{string.Join(", ", found)}]; [{string.Join(", ", shape)}] is expected.");
        return new WeightTensor(
            shape.Aggregate(1L, (size, dimension) => size * dimension), values => source.CopyTo(name, values));
    }

    /// <exception cref="OnnxExportException">
    /// A tensor that was asked for is missing or has another shape; the message names all such tensors.
    /// </exception>
    public void ThrowIfFaulty()
    {
        if (_faults.Count > 0)
            throw new OnnxExportException(
                "The weights do not fit the architecture:" + Environment.NewLine + string.Join(Environment.NewLine, _faults));
    }
}
