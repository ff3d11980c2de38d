namespace Microsoft.ML.Conformer.Torch;

/// <summary>Undoes something when it is disposed, once.</summary>
internal sealed class Undoing(Action undo) : IDisposable
{
    private Action? _undo = undo;

    public void Dispose() => Interlocked.Exchange(ref _undo, null)?.Invoke();
}
