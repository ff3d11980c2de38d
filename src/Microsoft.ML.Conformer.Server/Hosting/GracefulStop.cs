using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Conformer.Server.Hosting;

/// <summary>
/// When the server stops, whole requests are answered, and what clients have sent half is closed: Kestrel would wait for the other half
/// until containers are killed.
/// </summary>
internal sealed class GracefulStop(IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    /// <summary>Requests that were sent by now are taken as ever for so long, as they may not have been read yet.</summary>
    private static readonly TimeSpan _reading = TimeSpan.FromMilliseconds(250);

    /// <summary>Further time for uploads that are just coming in.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    private static readonly object _key = new();

    private readonly ConcurrentDictionary<OpenConnection, object?> _open = [];

    /// <summary>Part of each connection.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var open = new OpenConnection(connection);
        connection.Items[_key] = open;
        _open.TryAdd(open, null);
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(open, out _);
        }
    }

    /// <summary>Part of each request.</summary>
    public async Task OnRequestAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items[_key] is not OpenConnection open)
        {
            await next(context);
            return;
        }
        using var request = new RequestInProgress(open);
        context.Features.Set(request);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            request.MarkWhole();
        context.Response.OnStarting(() =>
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested && HttpProtocol.IsHttp11(context.Request.Protocol))
                context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        await next(context);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_reading, CancellationToken.None);
        _ = CloseAsync(); // while Kestrel waits for connections to end
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task CloseAsync()
    {
        for (var wait = _grace; ; wait = _interval)
        {
            await Task.Delay(wait);
            if (_open.IsEmpty)
                return;
            foreach (var (connection, _) in _open)
                connection.AbortUnlessAnswering();
        }
    }
}
