namespace Conformer.Server.Model;

/// <summary>Which model new requests use; those under way keep theirs.</summary>
/// <param name="first">The first one, which this owns from now on.</param>
internal sealed class ServedModels(ServedModel first) : IDisposable
{
    private readonly Lock _gate = new();
    private ServedModel _current = first;

    /// <summary>When the file was last replaced by one that cannot be used, and why not; null: never since the model was opened.</summary>
    public FailedReload? Failed { get; private set; }

    /// <summary>The model for a request, which gives it back once it is answered.</summary>
    public ModelLease Lease()
    {
        lock (_gate)
            return _current.Lease();
    }

    /// <summary>Lets another model take over, which this owns from now on.</summary>
    public void Replace(ServedModel next)
    {
        ServedModel before;
        lock (_gate)
            (before, _current, Failed) = (_current, next, null);
        before.Release();
    }

    public void Reject(Exception reason) => Failed = new FailedReload(DateTime.UtcNow, VisibleText.Reason(reason));

    public void Dispose() => _current.Release();
}

/// <summary>A file that could not replace the model.</summary>
/// <param name="Time">When it was tried.</param>
/// <param name="Reason">Why it cannot be used.</param>
internal sealed record FailedReload(DateTime Time, string Reason);
