namespace Conformer.Server.Model;

/// <summary>A model that is open, until the server and all requests that use it have given it back.</summary>
/// <param name="network">The model, which this owns from now on.</param>
/// <param name="fileName">Name of the file that it was opened from.</param>
/// <param name="stamp">What was known of that file.</param>
internal sealed class ServedModel(IImageModel network, string fileName, ModelFile.Stamp stamp)
{
    private readonly Lock _gate = new();
    private int _users = 1; // who made it
    private ImageExplainer? _explainer;
    private string? _whyNone;

    public IImageModel Network => network;

    public string FileName => fileName;

    public ModelFile.Stamp Stamp => stamp;

    public DateTime Loaded { get; } = DateTime.UtcNow;

    /// <summary>Keeps it open until the result is disposed; for whoever already has one, or made it.</summary>
    public ModelLease Lease()
    {
        Interlocked.Increment(ref _users);
        return new ModelLease(this);
    }

    /// <summary>Gives back what <see cref="Lease"/> gave, or what its maker has; the last one closes it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        _explainer?.Dispose();
        network.Dispose();
        FreedMemory.GiveBack(); // several times the file's size
    }

    /// <summary>What shows where the network looks; the first call opens it, which takes as long as opening the model.</summary>
    /// <exception cref="RefusalException">The model has none.</exception>
    public ImageExplainer OpenExplainer()
    {
        lock (_gate)
        {
            if (_whyNone is null)
            {
                try
                {
                    return _explainer ??= network.OpenExplainer();
                }
                catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
                {
                    _whyNone = VisibleText.Reason(exception);
                }
            }
            throw new RefusalException(StatusCodes.Status404NotFound, $"This model has no explanations. {_whyNone}");
        }
    }
}
