using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Onnx;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.OnnxRuntime;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>A detector's graph in ONNX Runtime, with values inside of it as further outputs.</summary>
internal sealed class RunGraph : IDisposable
{
    private readonly InferenceSession _session;

    public RunGraph(
        DetectorArchitecture architecture, DetectionRules rules, IWeightSource weights, OnnxInputKind kind = OnnxInputKind.NormalizedNchw,
        params IEnumerable<string> inside)
    {
        var model = DetectorGraph.Build(architecture, rules, new RequiredWeights(weights), kind, new ImagePreprocessing());
        var added = inside.Select(name => new ValueInfoProto(name, OnnxElementType.Float, null));
        _session = Open(ExportedGraph.Write(model with { Outputs = [.. model.Outputs, .. added] }));
    }

    /// <summary>As a file has it.</summary>
    public RunGraph(string path) => _session = Open(File.ReadAllBytes(path));

    /// <summary>All outputs for images of one padded size, and each one's height and width without padding.</summary>
    public Results Run(float[] images, long[] shape, params long[] sizes)
    {
        using var image = OrtValue.CreateTensorValueFromMemory(images, shape);
        using var size = OrtValue.CreateTensorValueFromMemory(sizes, [sizes.Length / 2, 2]);
        using var options = new RunOptions();
        using var results = _session.Run(options, ["image", "sizes"], [image, size], _session.OutputNames);
        return new Results(_session.OutputNames.Zip(results).ToDictionary(
            pair => pair.First,
            pair => pair.Second.GetTensorTypeAndShape() is var type && type.ElementDataType == OnnxRuntime.Tensors.TensorElementType.Int64
                ? Array.ConvertAll(pair.Second.GetTensorDataAsSpan<long>().ToArray(), value => (float)value)
                : pair.Second.GetTensorDataAsSpan<float>().ToArray()));
    }

    public void Dispose() => _session.Dispose();

    private static InferenceSession Open(byte[] file)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        return new InferenceSession(file, options);
    }

    /// <summary>The values by their names; whole numbers as numbers.</summary>
    public sealed class Results(IReadOnlyDictionary<string, float[]> values)
    {
        public float[] this[string name] => values[name];

        /// <summary>What the detections of one image have of an output, so many numbers each.</summary>
        public float[] Of(int image, string name)
        {
            var each = values["images"].Length == 0 ? 0 : values[name].Length / values["images"].Length;
            return [.. values["images"].Index().Where(entry => entry.Item == image)
                .SelectMany(entry => values[name].Skip(entry.Index * each).Take(each))];
        }
    }
}
