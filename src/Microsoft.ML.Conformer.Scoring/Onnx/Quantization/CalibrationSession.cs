using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>A graph in memory that runs on sample images.</summary>
internal sealed class CalibrationSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string _input;

    public CalibrationSession(OnnxModel model)
    {
        _input = model.Inputs[0].Name;
        _session = ExecutionProviderSetup.OpenOnCpu(OnnxModelWriter.ToArray(model));
    }

    /// <summary>The outputs for each input; inputs and outputs are disposed when the next are asked for.</summary>
    public IEnumerable<IReadOnlyList<OrtValue>> Run(IEnumerable<OrtValue> inputs, string[] outputs)
    {
        using var options = new RunOptions();
        foreach (var input in inputs)
            using (input)
            using (var results = _session.Run(options, [_input], [input], outputs))
                yield return results;
    }

    /// <summary>The class of the highest score of each image.</summary>
    public IReadOnlyList<int> Classes(IEnumerable<OrtValue> inputs) =>
        [.. Run(inputs, [GraphNames.Score]).SelectMany(results => Classes(results[0]))];

    /// <param name="scores">[n, C].</param>
    public static IReadOnlyList<int> Classes(OrtValue scores)
    {
        var classCount = (int)scores.GetTensorTypeAndShape().Shape[1];
        var all = scores.GetTensorDataAsSpan<float>();
        var classes = new int[all.Length / classCount];
        for (var image = 0; image < classes.Length; image++)
            classes[image] = TensorPrimitives.IndexOfMax(all.Slice(image * classCount, classCount));
        return classes;
    }

    public void Dispose() => _session.Dispose();
}
