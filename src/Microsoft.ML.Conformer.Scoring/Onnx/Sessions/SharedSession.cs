using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>
/// An ONNX Runtime session that any number of threads may run at once. <see cref="Dispose"/> waits for them, because ONNX Runtime crashes
/// the process when a session goes away under a run.
/// </summary>
/// <param name="session">Its own from now on.</param>
/// <param name="owner">What errors name once it is disposed.</param>
internal sealed class SharedSession(InferenceSession session, Type owner) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private int _running;
    private volatile bool _disposed;

    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, owner);

    public void Run(Action<InferenceSession> run)
    {
        Enter();
        try
        {
            run(session);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Waits for runs under way and frees the session; a second call does nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _idle.Wait();
        session.Dispose();
    }

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
