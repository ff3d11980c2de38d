using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights.Torch;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>A network written by the exporter and opened by ONNX Runtime, all in memory.</summary>
internal sealed class ExportedGraph : IDisposable
{
    private readonly InferenceSession _session;

    public ExportedGraph(VisionArchitecture architecture, IWeightSource weights, OnnxGraphSettings settings)
        : this(OnnxExporter.Build(architecture, weights, settings))
    {
    }

    /// <summary>Another graph with the input "image".</summary>
    public ExportedGraph(OnnxModel model)
    {
        Bytes = Write(model);
        _session = Open(Bytes);
    }

    /// <summary>The smallest network that has every kind of layer.</summary>
    public static ConformerArchitecture Micro { get; } =
        new() { NumClasses = 5, ChannelRatio = 0.125, EmbedDim = 24, NumHeads = 3, Depth = 3 };

    public byte[] Bytes { get; }

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    public IEnumerable<string> OutputNames => _session.OutputMetadata.Keys;

    public static OnnxGraphSettings Settings(int height, int width) => new()
    {
        ImageHeight = height,
        ImageWidth = width,
        Options = new OnnxExportOptions { AdditionalOutputs = OnnxOutputs.HeadLogits },
        IncludeClassIndex = true,
    };

    public static FormulaWeights Weights(VisionArchitecture architecture) => new(Shapes(architecture));

    public static Dictionary<string, long[]> Shapes(VisionArchitecture architecture) =>
        architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray());

    public static byte[] Export(VisionArchitecture architecture, IWeightSource weights, OnnxGraphSettings settings) =>
        Write(OnnxExporter.Build(architecture, weights, settings));

    public static byte[] Write(OnnxModel model)
    {
        using var memory = new MemoryStream();
        OnnxModelWriter.Write(memory, model);
        return memory.ToArray();
    }

    /// <summary>One output for a batch of images.</summary>
    public T[] Run<T>(string output, float[] images, params long[] shape) where T : unmanaged =>
        Run(output, images, shape, value => value.GetTensorDataAsSpan<T>().ToArray());

    /// <summary>One output for a batch of photos, [N, height, width, 3].</summary>
    public T[] Run<T>(string output, byte[] photos, params long[] shape) where T : unmanaged =>
        Run(output, photos, shape, value => value.GetTensorDataAsSpan<T>().ToArray());

    /// <summary>An output of text for a batch of images.</summary>
    public string[] RunText(string output, float[] images, params long[] shape) =>
        Run(output, images, shape, value => value.GetStringTensorAsArray());

    /// <summary>An output of text for a batch of photos, [N, height, width, 3].</summary>
    public string[] RunText(string output, byte[] photos, params long[] shape) =>
        Run(output, photos, shape, value => value.GetStringTensorAsArray());

    /// <summary>The shape of an output for a batch of images.</summary>
    public long[] ShapeOf(string output, float[] images, params long[] shape) =>
        Run(output, images, shape, value => value.GetTensorTypeAndShape().Shape);

    /// <summary>The declared shape of an output, its free dimensions by name.</summary>
    public string DeclaredShape(string output)
    {
        var metadata = _session.OutputMetadata[output];
        return string.Join(", ", metadata.Dimensions.Zip(metadata.SymbolicDimensions, (size, name) => size < 0 ? name : $"{size}"));
    }

    private static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        return new InferenceSession(model, options);
    }

    private TResult Run<TPixel, TResult>(string output, TPixel[] images, long[] shape, Func<OrtValue, TResult> read)
        where TPixel : unmanaged
    {
        using var input = OrtValue.CreateTensorValueFromMemory(images, shape);
        using var options = new RunOptions();
        using var results = _session.Run(options, ["image"], [input], [output]);
        return read(results[0]);
    }

    public void Dispose() => _session.Dispose();
}
