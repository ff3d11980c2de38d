using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>The plainest web server: the files of a folder, each with the type that its extension says.</summary>
internal sealed class FolderServer : IDisposable
{
    private static readonly Dictionary<string, string> _types = new()
    {
        [".html"] = "text/html",
        [".css"] = "text/css",
        [".js"] = "text/javascript",
        [".json"] = "application/json",
        [".wasm"] = "application/wasm",
    };

    private readonly HttpListener _listener;
    private readonly string _folder;
    private readonly ConcurrentQueue<string> _asked = [];

    public FolderServer(string folder)
    {
        _folder = folder;
        (_listener, Origin) = Listen();
        _ = ServeAsync();
    }

    /// <summary>Where it is, with a slash at the end.</summary>
    public string Origin { get; }

    /// <summary>The paths that it was asked for.</summary>
    public string[] Asked => [.. _asked];

    public void Dispose() => _listener.Close();

    private static (HttpListener Listener, string Origin) Listen()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var origin = $"http://localhost:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            var listener = new HttpListener { Prefixes = { origin } };
            try
            {
                listener.Start();
                return (listener, origin);
            }
            catch (HttpListenerException)
            {
                listener.Close(); // another process was given the port in between
            }
        }
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // The server is closed, or the browser is gone.
            }
    }

    private void Answer(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        _asked.Enqueue(path);
        using var response = context.Response;
        response.AddHeader("Access-Control-Allow-Origin", "*");
        var file = Path.Combine(_folder, path == "/" ? "index.html" : path[1..]);
        if (!File.Exists(file))
        {
            response.StatusCode = 404;
            return;
        }
        response.ContentType = _types.GetValueOrDefault(Path.GetExtension(file), "application/octet-stream");
        var content = File.ReadAllBytes(file);
        response.ContentLength64 = content.Length;
        response.OutputStream.Write(content);
    }
}
