using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// Scores preprocessed images with ONNX Runtime. Any number of threads may score at once over the one session;
/// <see cref="Dispose"/> waits for them, because ONNX Runtime crashes the process when a session goes away under a run.
/// </summary>
internal sealed class OnnxScorer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly InferenceSession _session;
    private readonly NetworkInput _input;
    private readonly bool _averageMirrored;
    private int _running;
    private volatile bool _disposed;

    /// <param name="model">An ONNX graph with the float inputs and outputs "image" and "Score", [N, C]; N is free.</param>
    /// <param name="input">Says what the graph's input holds.</param>
    /// <param name="classCount">C.</param>
    /// <param name="options">What to compute on and how.</param>
    /// <exception cref="InvalidDataException">The graph has no such input or output.</exception>
    /// <exception cref="InvalidOperationException">The execution provider is absent or cannot be used here.</exception>
    /// <exception cref="OnnxRuntimeException">The bytes are no valid model.</exception>
    public OnnxScorer(byte[] model, NetworkInput input, int classCount, ScoringOptions options)
    {
        (_input, ClassCount, _averageMirrored) = (input, classCount, options.HorizontalFlip);
        _session = ExecutionProviderSetup.Open(model, options);
        try
        {
            CheckTensor("input", ConformerGraph.Input, _session.InputMetadata);
            CheckTensor("output", ConformerGraph.Score, _session.OutputMetadata);
            if (options.WarmUp)
                Score(new float[ImageLength], 1, new float[classCount]);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>Number of classes C.</summary>
    public int ClassCount { get; }

    /// <summary>Number of floats of one image: 3 x S x S.</summary>
    public int ImageLength => _input.Length;

    /// <summary>Names of the graph's outputs.</summary>
    public IReadOnlyCollection<string> OutputNames => [.. _session.OutputMetadata.Keys];

    /// <summary>Loads ONNX Runtime, so that an app that lacks its native library learns so before it trains.</summary>
    /// <exception cref="TypeInitializationException">The native library is missing or of another version.</exception>
    public static void EnsureRuntimeIsThere() => OrtEnv.Instance();

    /// <exception cref="ObjectDisposedException">The scorer was disposed.</exception>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, typeof(ConformerTransformer));

    /// <summary>Scores a batch.</summary>
    /// <param name="images">N images as <see cref="NetworkInput"/> writes them; mirrored afterward where mirror images count too.</param>
    /// <param name="count">N.</param>
    /// <param name="scores">[N, C]: receives the class probabilities of each image.</param>
    /// <exception cref="ObjectDisposedException">The scorer was disposed.</exception>
    public void Score(Memory<float> images, int count, Memory<float> scores)
    {
        (images, scores) = (images[..(count * ImageLength)], scores[..(count * ClassCount)]);
        Enter();
        try
        {
            Run(images, count, scores);
            if (!_averageMirrored)
                return;
            _input.Mirror(images.Span);
            var mirrored = new float[scores.Length];
            Run(images, count, mirrored);
            for (var i = 0; i < mirrored.Length; i++)
                scores.Span[i] = (scores.Span[i] + mirrored[i]) / 2;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Waits for running scorings and frees the session; a second call does nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _idle.Wait();
        _session.Dispose();
    }

    private static void CheckTensor(string role, string name, IReadOnlyDictionary<string, NodeMetadata> tensors)
    {
        if (!tensors.TryGetValue(name, out var tensor) || !tensor.IsTensor || tensor.ElementDataType != TensorElementType.Float)
        {
            throw new InvalidDataException(
                $"The ONNX graph has no {role} '{name}' of float numbers; its {role}s are {string.Join(", ", tensors.Keys)}.");
        }
    }

    private void Run(Memory<float> images, int count, Memory<float> scores)
    {
        using var input = Tensor(images, _input.Shape(count));
        using var output = Tensor(scores, count, ClassCount);
        _session.Run(null, [ConformerGraph.Input], [input], [ConformerGraph.Score], [output]);
    }

    private static OrtValue Tensor(Memory<float> values, params long[] shape) =>
        OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values, shape);

    private void Enter()
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (++_running == 1)
                _idle.Reset();
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_running == 0)
                _idle.Set();
        }
    }
}
