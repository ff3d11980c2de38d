using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>The ranges of values inside a graph in float on sample images, and the classes that it finds; no activation is kept.</summary>
internal sealed class ActivationRanges
{
    private readonly Dictionary<string, (float Minimum, float Maximum)> _ranges = [];
    private readonly List<int> _classes = [];

    private ActivationRanges() { }

    public IReadOnlyList<int> Classes => _classes;

    /// <summary>Runs the graph in float on inputs, [n, ...], that are read anew at each call and disposed here.</summary>
    /// <exception cref="InvalidOperationException">There are no images, or a value is not finite on them.</exception>
    public static ActivationRanges Measure(OnnxModel model, IReadOnlyCollection<string> values, Func<IEnumerable<OrtValue>> images)
    {
        var ranges = new ActivationRanges();
        string[] measured = [.. values];
        using (var graph = new CalibrationSession(WithOutputs(model, measured)))
            foreach (var results in graph.Run(images(), [GraphNames.Score, .. measured.Select(OutputName)]))
            {
                ranges._classes.AddRange(CalibrationSession.Classes(results[0]));
                for (var i = 0; i < measured.Length; i++)
                    ranges.Extend(measured[i], results[i + 1].GetTensorDataAsSpan<float>());
            }
        if (ranges._classes.Count == 0)
            throw new InvalidOperationException(
                "There are no images to measure the activations' ranges on; 8-bit export needs at least one, better a hundred.");
        return ranges;
    }

    public IReadOnlyDictionary<string, ActivationQuantization> Quantizations() =>
        _ranges.ToDictionary(entry => entry.Key, entry => ActivationQuantization.Of(entry.Value.Minimum, entry.Value.Maximum));

    private static string OutputName(string value) => $"{value}.measured";

    /// <summary>A value can be an output already, or an input; a copy of it can always become one.</summary>
    private static OnnxModel WithOutputs(OnnxModel model, string[] values) => model with
    {
        Nodes =
        [
            .. model.Nodes,
            .. values.Select(value => new NodeProto("Identity", OutputName(value), [value], [OutputName(value)], [])),
        ],
        Outputs = [.. model.Outputs, .. values.Select(value => new ValueInfoProto(OutputName(value), OnnxElementType.Float, shape: null))],
    };

    private void Extend(string value, ReadOnlySpan<float> numbers)
    {
        var (minimum, maximum) = _ranges.GetValueOrDefault(value, (float.PositiveInfinity, float.NegativeInfinity));
        minimum = Math.Min(minimum, TensorPrimitives.Min(numbers)); // NaN where one is
        maximum = Math.Max(maximum, TensorPrimitives.Max(numbers));
        if (!float.IsFinite(minimum) || !float.IsFinite(maximum))
            throw new InvalidOperationException(FormattableString.Invariant(
                $"The network's value '{value}' ranges from {minimum} to {maximum} on the images given; it must be finite. ") +
                "Such a network cannot be stored in 8 bits.");
        _ranges[value] = (minimum, maximum);
    }
}
