using System.Security.Cryptography;

namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>
/// The published weights on this machine: each file is downloaded once per user, by one process at a time, and has its name only once it
/// is complete and its SHA-256 was found right.
/// </summary>
internal sealed class WeightCache(WeightDownloadOptions options)
{
    public string PathOf(PublishedWeights weights) => Path.Combine(options.CacheFolder, weights.FileName);

    /// <summary>The path of the published file, which is downloaded if it is not there.</summary>
    public async Task<string> GetAsync(PublishedWeights weights, CancellationToken cancellationToken = default)
    {
        var path = PathOf(weights);
        if (await IsCompleteAsync(weights, path, cancellationToken).ConfigureAwait(false))
            return path;
        if (options.Offline)
            throw new WeightDownloadException(
                weights.Name, weights.Url, path, $"downloads are switched off ({WeightDownloadOptions.OfflineVariable})"
                    + (File.Exists(path) ? "; the file that is there has another SHA-256 and is damaged" : ""));

        Directory.CreateDirectory(options.CacheFolder);
        using (await FileLock.AcquireAsync(path + ".lock", cancellationToken).ConfigureAwait(false))
        {
            // Another process may have brought it meanwhile.
            if (!await IsCompleteAsync(weights, path, cancellationToken).ConfigureAwait(false))
            {
                using var download = new WeightDownload(weights, path, options);
                await download.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        return path;
    }

    /// <summary>The SHA-256 of a file in lower-case hex digits.</summary>
    internal static async Task<string> Sha256Async(string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<bool> IsCompleteAsync(PublishedWeights weights, string path, CancellationToken cancellationToken) =>
        File.Exists(path)
        && (await Sha256Async(path, cancellationToken).ConfigureAwait(false)).StartsWith(weights.Sha256Prefix, StringComparison.Ordinal);
}
