namespace Conformer.Server.Hosting;

/// <summary>A request that is being handled: a feature of its context.</summary>
internal sealed class RequestInProgress(OpenConnection connection) : IDisposable
{
    private bool _isWhole;

    /// <summary>Says that all of it has come in: from now on its answer is waited for, even where the server stops.</summary>
    public void MarkWhole()
    {
        if (_isWhole)
            return;
        _isWhole = true;
        connection.BeginAnswer();
    }

    public void Dispose()
    {
        if (_isWhole)
            connection.EndAnswer();
    }
}
