using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// Scores normalized images with ONNX Runtime. Any number of threads may score at once over the one session;
/// <see cref="Dispose"/> waits for them, because ONNX Runtime crashes the process when a session goes away under a run.
/// </summary>
internal sealed class OnnxScorer : IDisposable
{
    private const string InputName = "image", ScoreName = "Score";

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly InferenceSession _session;
    private int _running;
    private volatile bool _disposed;

    /// <param name="model">An ONNX graph with the input image, float [N, 3, S, S], and the output Score, float [N, C].</param>
    /// <param name="imageSize">S, in pixels.</param>
    /// <param name="classCount">C.</param>
    /// <exception cref="OnnxRuntimeException">The bytes are no valid model.</exception>
    public OnnxScorer(byte[] model, int imageSize, int classCount)
    {
        (ImageSize, ClassCount) = (imageSize, classCount);
        using var options = new SessionOptions();
        _session = new InferenceSession(model, options);
    }

    /// <summary>Height and width S of the images, in pixels.</summary>
    public int ImageSize { get; }

    /// <summary>Number of classes C.</summary>
    public int ClassCount { get; }

    /// <summary>Number of floats of one image: 3 x S x S.</summary>
    public int ImageLength => 3 * ImageSize * ImageSize;

    /// <exception cref="ObjectDisposedException">The scorer was disposed.</exception>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, typeof(ConformerTransformer));

    /// <summary>Scores a batch.</summary>
    /// <param name="images">[N, 3, S, S] normalized RGB values.</param>
    /// <param name="count">N.</param>
    /// <param name="scores">[N, C]: receives the class probabilities of each image.</param>
    /// <exception cref="ObjectDisposedException">The scorer was disposed.</exception>
    public void Score(Memory<float> images, int count, Memory<float> scores)
    {
        Enter();
        try
        {
            using var input = Tensor(images[..(count * ImageLength)], count, 3, ImageSize, ImageSize);
            using var output = Tensor(scores[..(count * ClassCount)], count, ClassCount);
            _session.Run(null, [InputName], [input], [ScoreName], [output]);
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
