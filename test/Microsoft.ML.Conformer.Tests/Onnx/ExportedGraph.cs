using Microsoft.ML.Conformer.Modeling;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>A network written by the exporter and opened by ONNX Runtime, all in memory.</summary>
internal sealed class ExportedGraph : IDisposable
{
    private readonly InferenceSession _session;

    public ExportedGraph(ConformerArchitecture architecture, IWeightSource weights, OnnxGraphSettings settings)
    {
        Bytes = Export(architecture, weights, settings);
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        _session = new InferenceSession(Bytes, options);
    }

    /// <summary>The smallest network that has every kind of layer.</summary>
    public static ConformerArchitecture Micro { get; } =
        new() { NumClasses = 5, ChannelRatio = 0.125, EmbedDim = 24, NumHeads = 3, Depth = 3 };

    public byte[] Bytes { get; }

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    public IEnumerable<string> OutputNames => _session.OutputMetadata.Keys;

    public static OnnxGraphSettings Settings(int height, int width) =>
        new() { ImageHeight = height, ImageWidth = width, IncludeHeadLogits = true, IncludeClassIndex = true };

    public static FormulaWeights Weights(ConformerArchitecture architecture) => new(Shapes(architecture));

    public static Dictionary<string, long[]> Shapes(ConformerArchitecture architecture) =>
        ConformerLayout.StateDict(architecture).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray());

    public static byte[] Export(ConformerArchitecture architecture, IWeightSource weights, OnnxGraphSettings settings)
    {
        using var memory = new MemoryStream();
        OnnxExporter.Export(memory, architecture, weights, settings);
        return memory.ToArray();
    }

    /// <summary>One output for a batch of images.</summary>
    public T[] Run<T>(string output, float[] images, params long[] shape) where T : unmanaged
    {
        using var input = OrtValue.CreateTensorValueFromMemory(images, shape);
        using var options = new RunOptions();
        using var results = _session.Run(options, ["image"], [input], [output]);
        return results[0].GetTensorDataAsSpan<T>().ToArray();
    }

    public void Dispose() => _session.Dispose();
}
