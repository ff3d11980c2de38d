using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>Runs a graph on preprocessed images with ONNX Runtime. Any number of threads may run it at once over the one session.</summary>
internal sealed class NetworkSession : IDisposable
{
    private readonly SharedSession _session;
    private readonly NetworkInput _input;
    private readonly string[] _outputNames;

    /// <summary>Opens a graph with the input "image" and float outputs, [N, ...]; errors name the owner once it is disposed.</summary>
    public NetworkSession(
        IHostEnvironment environment, byte[] model, NetworkInput input, IReadOnlyList<string> outputs, ScoringOptions options, Type owner,
        string? externalDataFolder = null)
    {
        (_input, _outputNames) = (input, [.. outputs]);
        var session = ExecutionProviderSetup.Open(environment, model, options, owner, externalDataFolder);
        _session = new SharedSession(session, owner);
        try
        {
            CheckShape(Tensor("input", GraphNames.Input, input.ElementType, session.InputMetadata).Dimensions, input.Shape(1));
            Outputs = [.. outputs.Select(name => OutputOf(name, Tensor("output", name, TensorElementType.Float, session.OutputMetadata)))];
            if (options.WarmUp)
                Run(new float[_input.Length], 1, new OutputValues(Outputs, 1));
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>What a run gives, in the order asked for.</summary>
    public IReadOnlyList<OnnxOutput> Outputs { get; }

    public void ThrowIfDisposed() => _session.ThrowIfDisposed();

    /// <summary>Runs the graph once on N images as <see cref="NetworkInput"/> writes them.</summary>
    public void Run(Memory<float> images, int count, OutputValues values) => _session.Run(session =>
    {
        var outputs = new List<OrtValue>(Outputs.Count);
        try
        {
            using var input = _input.ToTensor(images[..(count * _input.Length)], count);
            for (var i = 0; i < Outputs.Count; i++)
                outputs.Add(OrtValue.CreateTensorValueFromMemory(
                    OrtMemoryInfo.DefaultInstance, values.Of(i, 0, count), [count, .. Outputs[i].Shape]));
            session.Run(null, [GraphNames.Input], [input], _outputNames, outputs);
        }
        finally
        {
            outputs.ForEach(output => output.Dispose());
        }
    });

    /// <summary>Waits for running scorings and frees the session; a second call does nothing.</summary>
    public void Dispose() => _session.Dispose();

    private static NodeMetadata Tensor(string role, string name, TensorElementType type, IReadOnlyDictionary<string, NodeMetadata> tensors)
    {
        if (!tensors.TryGetValue(name, out var tensor) || !tensor.IsTensor)
            throw new InvalidDataException(
                $"The ONNX graph has no {role} '{name}' of numbers; its {role}s are {string.Join(", ", tensors.Keys)}.");
        return tensor.ElementDataType == type
            ? tensor
            : throw new InvalidDataException(
                $"The ONNX graph's {role} '{name}' holds numbers of the type {tensor.ElementDataType}, and only {type} can be used " +
                "here: take a file of the same model in single precision.");
    }

    private static void CheckShape(int[] actual, long[] expected)
    {
        if (actual.Length != expected.Length || actual.Zip(expected).Skip(1).Any(pair => pair.First >= 0 && pair.First != pair.Second))
            throw new InvalidDataException(
                $"The ONNX graph's input '{GraphNames.Input}' has the shape [{string.Join(", ", actual)}], but its metadata tells of " +
                $"images [{string.Join(", ", expected)}].");
    }

    private static OnnxOutput OutputOf(string name, NodeMetadata tensor)
    {
        int[] shape = [.. tensor.Dimensions.Skip(1)];
        return shape.Length > 0 && shape.All(size => size > 0)
            ? new OnnxOutput(name, shape)
            : throw new InvalidDataException(
                $"The ONNX graph's output '{name}' has the shape [{string.Join(", ", tensor.Dimensions)}]; all but the first, the batch, " +
                "must be known.");
    }
}
