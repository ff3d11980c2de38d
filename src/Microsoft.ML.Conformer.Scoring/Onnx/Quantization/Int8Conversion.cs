using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// Stores a network's convolutions and linear layers in 8 bits: weights symmetric with a scale for each output channel, activations
/// asymmetric by their smallest and largest value on sample images.
/// </summary>
/// <param name="Model">The graph; its weights are rounded when they are written.</param>
/// <param name="Agreement">The fraction of the sample images, 0-1, that get the same class from it as from the graph in float.</param>
internal sealed record Int8Conversion(OnnxModel Model, double Agreement)
{
    /// <summary>
    /// Below this agreement the first and the last layers, where rounding tends to harm most, stay float. They are a small part of the
    /// network's work.
    /// </summary>
    public const double RequiredAgreement = 0.98;

    /// <summary>Measures the activations' ranges in float, converts, and compares the classes that both graphs find.</summary>
    /// <param name="model">A graph in float, below 2 GB, as the exporter builds it.</param>
    /// <param name="images">
    /// Reads sample images as the graph's input, [n, ...], each time anew; each batch is disposed after use. They are read two or three
    /// times.
    /// </param>
    /// <param name="requiredAgreement">0-1; see <see cref="RequiredAgreement"/>.</param>
    /// <exception cref="InvalidOperationException">There are no images, or a value inside the network is not finite on them.</exception>
    /// <exception cref="OnnxExportException">A weight is not finite, or the graph in float takes more than 2 GB.</exception>
    public static Int8Conversion Of(
        OnnxModel model, Func<IEnumerable<OrtValue>> images, double requiredAgreement = RequiredAgreement)
    {
        var everything = new QuantizationPlan(model);
        var links = new GraphLinks(model);
        var inner = new QuantizationPlan(model, [links.FirstLayer, .. links.Heads]);
        var ranges = ActivationRanges.Measure(model, [.. everything.Measured.Union(inner.Measured)], images);

        var converted = Convert(everything);
        if (converted.Agreement >= requiredAgreement)
            return converted;
        var careful = Convert(inner);
        return careful.Agreement >= converted.Agreement ? careful : converted;

        Int8Conversion Convert(QuantizationPlan plan)
        {
            var quantized = QuantizedGraph.Build(model, plan, ranges.Quantizations());
            using var graph = new OnnxScores(quantized);
            var same = graph.Classes(images()).Zip(ranges.Classes).Count(pair => pair.First == pair.Second);
            return new Int8Conversion(quantized, (double)same / ranges.Classes.Count);
        }
    }
}
