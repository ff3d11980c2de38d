using Microsoft.AspNetCore.Connections;

namespace Conformer.Server.Hosting;

/// <summary>A client's connection, and how many of its requests are whole and being answered.</summary>
internal sealed class OpenConnection(ConnectionContext connection)
{
    /// <summary>How long the end of an answer may be on its way.</summary>
    private static readonly TimeSpan _flush = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private int _answering;
    private long _lastAnswer = Environment.TickCount64;

    public void BeginAnswer()
    {
        lock (_gate)
            _answering++;
    }

    public void EndAnswer()
    {
        lock (_gate)
            (_answering, _lastAnswer) = (_answering - 1, Environment.TickCount64);
    }

    /// <summary>Closes the connection where no whole request of it is being answered.</summary>
    public void AbortUnlessAnswering()
    {
        lock (_gate)
            if (_answering > 0 || Environment.TickCount64 - _lastAnswer < _flush.TotalMilliseconds)
                return;
        connection.Abort(new ConnectionAbortedException("The server is stopping."));
    }
}
