using BenchmarkDotNet.Attributes;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Precision;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>
/// Scoring one image of 224 x 224 by ONNX Runtime with files of each precision. Weights are initial ones and images noise: they do not
/// matter for the time.
/// </summary>
[SimpleJob(warmupCount: 5, iterationCount: 20)]
public class PrecisionBenchmark
{
    private const int ImageSize = 224;

    private readonly RunOptions _run = new();
    private InferenceSession _session = null!;
    private OrtValue _image = null!;

    /// <summary>The networks measured.</summary>
    [Params(ConformerVariant.Tiny, ConformerVariant.Small)]
    public ConformerVariant Variant { get; set; }

    /// <summary>The precisions measured.</summary>
    [ParamsAllValues]
    public OnnxPrecision Precision { get; set; }

    /// <summary>Exports a network and opens a session.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var model = UntrainedModel.Of(Variant, ImageSize)
            .Build(OnnxInputKind.NormalizedNchw, new OnnxExportOptions(), includeClassIndex: false);
        model = Precision switch
        {
            OnnxPrecision.Float16 => Float16Graph.Build(model),
            OnnxPrecision.Int8 => Int8Conversion.Of(model, () => [Noise(1), Noise(2)], requiredAgreement: 0).Model,
            _ => model,
        };
        using var onnx = new MemoryStream();
        OnnxModelWriter.Write(onnx, model);
        using var options = new SessionOptions();
        _session = new InferenceSession(onnx.ToArray(), options);
        _image = Noise(3);
    }

    /// <summary>Closes the session.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _image.Dispose();
        _session.Dispose();
        _run.Dispose();
    }

    /// <summary>Scores the image.</summary>
    [Benchmark]
    public float Score()
    {
        using var scores = _session.Run(_run, [GraphNames.Input], [_image], [GraphNames.Score]);
        return scores[0].GetTensorDataAsSpan<float>()[0];
    }

    private static OrtValue Noise(int seed)
    {
        var random = new Random(seed);
        var values = new float[3 * ImageSize * ImageSize];
        for (var i = 0; i < values.Length; i++)
            values[i] = 4 * random.NextSingle() - 2; // the range of normalized colors
        return OrtValue.CreateTensorValueFromMemory(values, [1, 3, ImageSize, ImageSize]);
    }
}
