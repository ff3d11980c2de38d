using System.Security.Cryptography;

namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>Published weights: a file is downloaded once per user, by one process at a time, and named once its SHA-256 is right.</summary>
internal sealed class WeightCache(WeightDownloadOptions options)
{
    public string PathOf(PublishedWeights weights) => Path.Combine(options.CacheFolder, weights.FileName);

    /// <exception cref="WeightDownloadException">The file is not there and cannot be downloaded.</exception>
    /// <exception cref="InvalidOperationException">Any user may write to the folder, or there is none.</exception>
    public async Task<string> GetAsync(PublishedWeights weights, CancellationToken cancellationToken = default)
    {
        var path = PathOf(weights);
        ThrowIfAnybodyWrites(options.CacheFolder);
        if (PlainFile.OtherKind(path) is { } kind)
            throw new WeightDownloadException(weights.Name, weights.Url, path, $"'{VisibleText.OfPath(path)}' is {kind}, not a file");
        if (await IsCompleteAsync(weights, path, cancellationToken).ConfigureAwait(false))
            return path;
        if (options.Offline)
            throw new WeightDownloadException(
                weights.Name, weights.Url, path, $"downloads are switched off ({WeightDownloadOptions.OfflineVariable})"
                    + (File.Exists(path) ? "; the file that is there has another SHA-256 and is damaged" : ""));

        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(options.CacheFolder);
        else
            Directory.CreateDirectory(
                options.CacheFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using (await FileLock.AcquireAsync(path + ".lock", cancellationToken).ConfigureAwait(false))
        {
            // Another process may have brought it meanwhile.
            if (!await IsCompleteAsync(weights, path, cancellationToken).ConfigureAwait(false))
            {
                options.Log?.Invoke($"Downloading {weights.Url} to '{VisibleText.OfPath(path)}'.");
                using var download = new WeightDownload(weights, path, options);
                await download.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        return path;
    }

    internal static async Task<string> Sha256Async(string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A group may share a cache; what all users may write to, the eight digits of a hash do not protect.</summary>
    private static void ThrowIfAnybodyWrites(string folder)
    {
        if (!OperatingSystem.IsWindows() && Directory.Exists(folder) && File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherWrite))
            throw new InvalidOperationException(
                $"The cache folder '{VisibleText.OfPath(folder)}' is not used: any user may write to it, and could put other " +
                "weights there. Take that right away (chmod o-w), or set the environment variable " +
                $"{WeightDownloadOptions.FolderVariable} to another folder.");
    }

    private static async Task<bool> IsCompleteAsync(PublishedWeights weights, string path, CancellationToken cancellationToken) =>
        File.Exists(path)
        && (await Sha256Async(path, cancellationToken).ConfigureAwait(false)).StartsWith(weights.Sha256Prefix, StringComparison.Ordinal);
}

/// <summary>
/// A lock between processes: a file that one of them holds open for itself. It ends with its process, however that ends; the empty file
/// stays, because deleting it could take the lock from under a process that waits for it.
/// </summary>
internal sealed class FileLock(FileStream file) : IDisposable
{
    private const int LinuxWouldBlock = 11, MacOsWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020), WindowsLockViolation = unchecked((int)0x80070021);

    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    public static async Task<FileLock> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException exception) when (exception.HResult is
                LinuxWouldBlock or MacOsWouldBlock or WindowsSharingViolation or WindowsLockViolation)
            {
                await Task.Delay(_pollInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => file.Dispose();
}
