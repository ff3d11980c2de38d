using System.Diagnostics;

namespace Microsoft.ML.Runtime;

/// <summary>Where the messages of an environment and all its hosts meet.</summary>
internal sealed class MessageLog
{
    /// <summary>Called with a message and the full name of its channel.</summary>
    public event Action<ChannelMessage, string> Received;

    public void Send(ChannelMessage message, string source) => Received?.Invoke(message, source);
}

/// <summary>A named way into a <see cref="MessageLog"/>; its start and end are messages themselves.</summary>
internal sealed class Channel : IChannel
{
    private readonly MessageLog _log;
    private readonly string _name;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private bool _disposed;

    public Channel(MessageLog log, string name)
    {
        _log = log;
        _name = name;
        Trace(MessageSensitivity.None, "Channel started");
    }

    public string ContextDescription => _name;

    public TException Process<TException>(TException ex)
        where TException : Exception =>
        ex;

    public void Send(ChannelMessage msg) => _log.Send(msg, _name);

    public void Trace(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Trace, sensitivity, fmt));

    public void Trace(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Trace, sensitivity, fmt, args));

    public void Error(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Error, sensitivity, fmt));

    public void Error(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Error, sensitivity, fmt, args));

    public void Warning(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Warning, sensitivity, fmt));

    public void Warning(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Warning, sensitivity, fmt, args));

    public void Info(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Info, sensitivity, fmt));

    public void Info(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Info, sensitivity, fmt, args));

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Trace(MessageSensitivity.None, "Channel finished. Elapsed {0:c}.", _watch.Elapsed);
        Trace(MessageSensitivity.None, "Channel disposed");
    }
}

/// <summary>A pipe that nobody listens to.</summary>
internal sealed class SilentPipe<TMessage>(string context) : IPipe<TMessage>
{
    public string ContextDescription => context;

    public TException Process<TException>(TException ex)
        where TException : Exception =>
        ex;

    public void Send(TMessage msg)
    {
    }

    public void Dispose()
    {
    }
}
