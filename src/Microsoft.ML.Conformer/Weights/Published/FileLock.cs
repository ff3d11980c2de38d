namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>
/// A lock between processes: a file that one of them holds open for itself. It ends with its process, however that ends; the empty file
/// stays, because deleting it could take the lock from under a process that waits for it.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int LinuxWouldBlock = 11, MacOsWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020), WindowsLockViolation = unchecked((int)0x80070021);

    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Waits until this process has the lock.</summary>
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

    public void Dispose() => _file.Dispose();
}
