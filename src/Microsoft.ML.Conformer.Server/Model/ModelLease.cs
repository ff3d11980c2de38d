namespace Conformer.Server.Model;

/// <summary>Keeps a model open that a request uses, though another one may have taken over.</summary>
internal sealed class ModelLease(ServedModel model) : IDisposable
{
    private int _disposed;

    public ServedModel Model => model;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            model.Release();
    }
}
