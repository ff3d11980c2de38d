using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>One download into a ".partial" file, resumed where an earlier one stopped, checked, and then moved into place.</summary>
internal sealed class WeightDownload(PublishedWeights weights, string path, WeightDownloadOptions options) : IDisposable
{
    private const int BufferBytes = 128 << 10;

    /// <summary>Six times the largest published file: a server that does not stop may not fill the disk.</summary>
    private const long MaxFileBytes = 2L << 30;

    /// <summary>With fewer bytes a cut connection counts as a failed attempt: at worst 5,000 requests for a published file.</summary>
    private const long MinProgressBytes = 64 << 10;

    private static readonly TimeSpan _reportInterval = TimeSpan.FromSeconds(0.1);

    private readonly string _partial = path + ".partial";
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Stopwatch _sinceReport = Stopwatch.StartNew();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (PlainFile.OtherKind(_partial) is { } kind)
            throw Failure($"'{VisibleText.OfPath(_partial)}' is {kind}, not a file");
        var resumed = File.Exists(_partial);
        while (true)
        {
            await FetchAsync(cancellationToken).ConfigureAwait(false);
            var hash = await WeightCache.Sha256Async(_partial, cancellationToken).ConfigureAwait(false);
            if (hash.StartsWith(weights.Sha256Prefix, StringComparison.Ordinal))
                break;
            File.Delete(_partial);
            // What an earlier process left may belong to another file; what came in one piece is what the server has.
            if (!resumed)
                throw Failure($"what {weights.Url.Host} sent has the SHA-256 {hash}, where {weights.Sha256Prefix}... was expected");
            resumed = false;
        }
        File.Move(_partial, path, overwrite: true);
    }

    public void Dispose() => _client.Dispose();

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        var delay = options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            var before = PartialLength();
            var (complete, reason, cause) = await AttemptAsync(before, cancellationToken).ConfigureAwait(false);
            if (complete)
                return;
            // A cut connection that brought something costs no attempt, but one that drips a few bytes does.
            if (PartialLength() - before >= MinProgressBytes)
                (attempt, delay) = (1, options.RetryDelay);
            if (attempt >= options.MaxAttempts)
                throw Failure($"{weights.Url.Host} does not send them: {reason}", cause);
            await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }

    /// <summary>One request, from byte <paramref name="offset"/> on; an interruption is a result, for another attempt may help.</summary>
    private async Task<(bool Complete, string Reason, Exception? Cause)> AttemptAsync(long offset, CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, weights.Url);
            if (offset > 0)
                request.Headers.Range = new RangeHeaderValue(offset, null);
            idle.CancelAfter(options.IdleTimeout);
            using var response =
                await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token).ConfigureAwait(false);

            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                if (response.Content.Headers.ContentRange?.Length == offset)
                    return (true, "", null);
                File.Delete(_partial);
                return (false, "it refused to resume", null);
            }
            if (!response.IsSuccessStatusCode)
            {
                var status = $"it answered {(int)response.StatusCode} ({VisibleText.Of(response.ReasonPhrase ?? "")})";
                return IsTransient(response.StatusCode)
                    ? (false, status, null)
                    : throw Failure($"{weights.Url.Host} does not send them: {status}");
            }
            // A server may answer with the whole file, or another part of it, whatever was asked for.
            var start = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? offset : 0;
            if (start > offset)
                return (false, $"it sent bytes from {start} on, where {offset} was asked for", null);
            return await ReceiveAsync(response, start, idle, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            return (false, VisibleText.Reason(exception), exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return (false, $"it sent nothing for {options.IdleTimeout.TotalSeconds:0.#} s", exception);
        }
    }

    private async Task<(bool Complete, string Reason, Exception? Cause)> ReceiveAsync(
        HttpResponseMessage response, long start, CancellationTokenSource idle, CancellationToken cancellationToken)
    {
        var total = response.Content.Headers.ContentRange?.Length ?? start + response.Content.Headers.ContentLength;
        var content = await response.Content.ReadAsStreamAsync(idle.Token).ConfigureAwait(false);
        var file = new FileStream(
            _partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            file.SetLength(start);
            file.Position = start;
            var buffer = new byte[BufferBytes];
            while (true)
            {
                int count;
                idle.CancelAfter(options.IdleTimeout);
                try
                {
                    count = await content.ReadAsync(buffer, idle.Token).ConfigureAwait(false);
                }
                catch (IOException exception)
                {
                    return (false, $"the connection was cut at byte {file.Position}", exception);
                }
                if (count == 0)
                    break;
                if (file.Position > MaxFileBytes)
                    throw Failure($"{weights.Url.Host} sends more than {MaxFileBytes} bytes");
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                Report(file.Position, total);
            }
            Report(file.Position, total, atOnce: true);
            return total is null || file.Position == total ? (true, "", null) : (false, $"it sent {file.Position} of {total} bytes", null);
        }
    }

    private void Report(long received, long? total, bool atOnce = false)
    {
        if (!atOnce && _sinceReport.Elapsed < _reportInterval)
            return;
        _sinceReport.Restart();
        options.Progress?.Report(new(weights.FileName, received, total));
    }

    private long PartialLength() => File.Exists(_partial) ? new FileInfo(_partial).Length : 0;

    private static bool IsTransient(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;

    private WeightDownloadException Failure(string reason, Exception? cause = null) =>
        new(weights.Name, weights.Url, path, reason, cause);
}
