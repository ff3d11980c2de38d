using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Precision;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Exported networks with random weights, and noise for images: what scoring costs depends on neither.</summary>
internal static class ScoringModels
{
    /// <summary>A network's ONNX file in a precision.</summary>
    public static byte[] Onnx(TrainedModel trained, int imageSize, OnnxPrecision precision)
    {
        var model = trained.Build(OnnxInputKind.NormalizedNchw, new OnnxExportOptions(), includeClassIndex: false);
        model = precision switch
        {
            OnnxPrecision.Float16 => Float16Graph.Build(model),
            OnnxPrecision.Int8 =>
                Int8Conversion.Of(model, () => [Noise(1, imageSize, 1), Noise(1, imageSize, 2)], requiredAgreement: 0).Model,
            _ => model,
        };
        using var onnx = new MemoryStream();
        OnnxModelWriter.Write(onnx, model);
        return onnx.ToArray();
    }

    /// <summary>Normalized images, [count, 3, size, size].</summary>
    public static OrtValue Noise(int count, int imageSize, int seed) =>
        OrtValue.CreateTensorValueFromMemory(NoiseValues(count, imageSize, seed), [count, 3, imageSize, imageSize]);

    public static float[] NoiseValues(int count, int imageSize, int seed)
    {
        var random = new Random(seed);
        var values = new float[count * 3 * imageSize * imageSize];
        for (var i = 0; i < values.Length; i++)
            values[i] = 4 * random.NextSingle() - 2; // the range of normalized colors
        return values;
    }
}
