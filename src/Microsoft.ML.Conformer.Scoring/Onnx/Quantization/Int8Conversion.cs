using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>A network in 8 bits: weights symmetric by output channel, activations asymmetric by their range on sample images.</summary>
internal sealed record Int8Conversion(OnnxModel Model, double Agreement)
{
    /// <summary>Below this agreement the first and the last layers, where rounding harms most, stay float: they are little work.</summary>
    public const double RequiredAgreement = 0.98;

    /// <summary>Converts and compares classes; images, [n, ...], are read two or three times, each batch disposed after use.</summary>
    public static Int8Conversion Of(OnnxModel model, Func<IEnumerable<OrtValue>> images, double requiredAgreement = RequiredAgreement)
    {
        var (everything, inner) = (new QuantizationPlan(model), QuantizationPlan.Careful(model));
        var ranges = ActivationRanges.Measure(model, [.. everything.Measured.Union(inner.Measured)], images);

        var converted = Convert(everything);
        if (converted.Agreement >= requiredAgreement)
            return converted;
        var careful = Convert(inner);
        return careful.Agreement >= converted.Agreement ? careful : converted;

        Int8Conversion Convert(QuantizationPlan plan)
        {
            var quantized = QuantizedGraph.Build(model, plan, ranges.Quantizations());
            using var graph = new CalibrationSession(quantized);
            var same = graph.Classes(images()).Zip(ranges.Classes).Count(pair => pair.First == pair.Second);
            return new Int8Conversion(quantized, (double)same / ranges.Classes.Count);
        }
    }
}
