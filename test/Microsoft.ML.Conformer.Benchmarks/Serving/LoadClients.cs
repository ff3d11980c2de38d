using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Microsoft.ML.Conformer.Benchmarks.Serving;

/// <summary>Clients of a server that post photos one after the other, and beside them such as break off and such as stall.</summary>
internal sealed class LoadClients : IDisposable
{
    private readonly HttpClient _client;
    private readonly Uri _address;
    private readonly List<byte[]> _photos;
    private readonly CancellationTokenSource _done = new();
    private readonly List<Task> _tasks = [];
    private long _stopAt = long.MaxValue;

    public LoadClients(Uri address, List<byte[]> photos)
    {
        (_address, _photos) = (address, photos);
        _client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Milliseconds of each request that was answered with predictions.</summary>
    public ConcurrentBag<double> Latencies { get; } = [];

    /// <summary>What became of requests that were whole and got no answer with predictions.</summary>
    public ConcurrentBag<string> Lost { get; } = [];

    /// <summary>Broken images that got an answer other than a refusal.</summary>
    public ConcurrentBag<string> Wrong { get; } = [];

    /// <summary>Uploads that broke off, and connections that stalled until they were closed.</summary>
    public int BrokenOff, Stalled, Refused;

    public void Start(int posting, int breaking, int stalling)
    {
        for (var i = 0; i < posting; i++)
            _tasks.Add(PostAsync(i));
        for (var i = 0; i < breaking; i++)
            _tasks.Add(BreakAsync(i));
        for (var i = 0; i < stalling; i++)
            _tasks.Add(StallAsync(i));
    }

    /// <summary>From now on only requests that are whole must be answered: the server is told to stop.</summary>
    public void ExpectStop() => Volatile.Write(ref _stopAt, Stopwatch.GetTimestamp());

    public async Task EndAsync()
    {
        await _done.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    public void Dispose()
    {
        _client.Dispose();
        _done.Dispose();
    }

    /// <summary>Posts photos at once; gives how many were answered.</summary>
    public async Task<int> BurstAsync(byte[] photo, int count) =>
        (await Task.WhenAll(Enumerable.Range(0, count).Select(_ => TryAsync(photo, isMeasured: false)))).Count(answered => answered);

    private async Task PostAsync(int client)
    {
        var random = new Random(client);
        while (!_done.IsCancellationRequested)
            if (!await TryAsync(_photos[random.Next(_photos.Count)], isMeasured: true) && Volatile.Read(ref _stopAt) < long.MaxValue)
                return;
    }

    private async Task<bool> TryAsync(byte[] photo, bool isMeasured)
    {
        var begun = Stopwatch.GetTimestamp();
        using var content = new TimedContent(photo);
        try
        {
            using var answer = await _client.PostAsync("/predict", content);
            var text = await answer.Content.ReadAsStringAsync();
            if (answer.StatusCode != HttpStatusCode.OK || !text.Contains("probability", StringComparison.Ordinal))
                Lost.Add($"{(int)answer.StatusCode} {text}");
            else if (isMeasured)
                Latencies.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException exception)
        {
            // What was not yet whole when the server was told to stop may be cut.
            if (content.SentAt <= Volatile.Read(ref _stopAt))
                Lost.Add(exception.Message);
            return false;
        }
    }

    /// <summary>Sends no images, and uploads that end too early.</summary>
    private async Task BreakAsync(int client)
    {
        var random = new Random(-client);
        while (!_done.IsCancellationRequested)
        {
            var photo = _photos[random.Next(_photos.Count)];
            try
            {
                using (var content = new ByteArrayContent(photo[..(photo.Length / 2)]))
                using (var answer = await _client.PostAsync("/predict", content))
                {
                    if (answer.StatusCode == HttpStatusCode.UnprocessableEntity)
                        Interlocked.Increment(ref Refused);
                    else
                        Wrong.Add($"{answer.StatusCode}");
                }
                using var connection = await SendHalfAsync(photo);
                Interlocked.Increment(ref BrokenOff);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
            {
                if (Volatile.Read(ref _stopAt) < long.MaxValue)
                    return;
                Wrong.Add(exception.Message);
            }
            await PauseAsync(100);
        }
    }

    /// <summary>Sends half a request, then nothing, until the server closes the connection.</summary>
    private async Task StallAsync(int client)
    {
        while (!_done.IsCancellationRequested)
        {
            try
            {
                using var connection = await SendHalfAsync(_photos[client % _photos.Count]);
                while (await connection.GetStream().ReadAsync(new byte[4096], _done.Token) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                if (Volatile.Read(ref _stopAt) < long.MaxValue)
                    return;
            }
            Interlocked.Increment(ref Stalled);
        }
    }

    private async Task<TcpClient> SendHalfAsync(byte[] photo)
    {
        var connection = new TcpClient();
        try
        {
            await connection.ConnectAsync(_address.Host, _address.Port);
            var head = $"POST /predict HTTP/1.1\r\nHost: {_address.Authority}\r\nContent-Length: {photo.Length}\r\n\r\n";
            await connection.GetStream().WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. photo.AsSpan(0, photo.Length / 2)]);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task PauseAsync(int milliseconds) =>
        await Task.Delay(milliseconds, _done.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>A body that knows when all of it was sent.</summary>
    private sealed class TimedContent(byte[] bytes) : HttpContent
    {
        public long SentAt { get; private set; } = long.MaxValue;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
            SentAt = Stopwatch.GetTimestamp();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
