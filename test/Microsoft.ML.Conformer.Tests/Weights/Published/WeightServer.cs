using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.ML.Conformer.Weights.Published;

namespace Microsoft.ML.Conformer.Tests.Weights.Published;

/// <summary>A server on this machine that offers one file, and misbehaves on request.</summary>
internal sealed class WeightServer : IDisposable
{
    private readonly HttpListener _listener;
    private readonly Func<int, HttpListenerContext, byte[], Task> _answer;
    private readonly ConcurrentQueue<string> _ranges = new();
    private readonly byte[] _file;
    private int _requests;

    /// <summary>Starts a server; <paramref name="answer"/> gets the request's number from 0 on.</summary>
    public WeightServer(byte[] file, Func<int, HttpListenerContext, byte[], Task>? answer = null)
    {
        _file = file;
        _answer = answer ?? ((_, context, content) => SendAsync(context, content));
        (_listener, var port) = Listen();
        var hash = Convert.ToHexStringLower(SHA256.HashData(file));
        Weights = new("test-weights", ConformerVariant.Tiny, new Uri($"http://127.0.0.1:{port}/files/test_{hash[..8]}.pth"));
        _ = Task.Run(ServeAsync);
    }

    /// <summary>The file as published weights, its name ending in the start of its hash.</summary>
    public PublishedWeights Weights { get; }

    /// <summary>The Range header of every request so far, empty where there was none.</summary>
    public string[] Ranges => [.. _ranges];

    /// <summary>A proper answer, ranges included.</summary>
    public static async Task SendAsync(HttpListenerContext context, byte[] content, bool ranges = true)
    {
        var from = ranges && context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
        if (from > 0 && from >= content.Length)
        {
            context.Response.StatusCode = 416;
            context.Response.AddHeader("Content-Range", $"bytes */{content.Length}");
            context.Response.Close();
            return;
        }
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
        }
        context.Response.ContentLength64 = content.Length - from;
        await context.Response.OutputStream.WriteAsync(content.AsMemory(from));
        context.Response.Close();
    }

    /// <summary>Promises the rest of the file, sends <paramref name="count"/> bytes of it and cuts the connection.</summary>
    public static async Task CutAsync(HttpListenerContext context, byte[] content, int count)
    {
        var from = context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
        }
        context.Response.ContentLength64 = content.Length - from;
        await context.Response.OutputStream.WriteAsync(content.AsMemory(from, count));
        await context.Response.OutputStream.FlushAsync();
        await Task.Delay(50); // a reset connection loses what the client has not read yet
        context.Response.Abort();
    }

    public void Dispose() => _listener.Close();

    private static (HttpListener Listener, int Port) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var listener = new HttpListener();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return (listener, port);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // Another program took the port meanwhile.
            }
        }
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            _ranges.Enqueue(context.Request.Headers["Range"] ?? "");
            var number = Interlocked.Increment(ref _requests) - 1;
            _ = Task.Run(async () =>
            {
                try
                {
                    await _answer(number, context, _file);
                }
                catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
                {
                    // The client went away, as some tests want it to.
                }
            });
        }
    }
}
