namespace Microsoft.ML.Conformer.Files;

/// <summary>
/// A temporary file with a name, for code that opens files by name. Only this user may read it. It goes with this object; what a killed
/// process left goes when a later one is made in the same folder.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private const string Prefix = "conformer-", Extension = ".tmp";

    /// <summary>Longer than a file in use may be without its handle, while it is made or moved.</summary>
    private static readonly TimeSpan _longAgo = TimeSpan.FromHours(1);

    private readonly FileStream _claim;

    /// <param name="folder">Where it is made.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">It cannot be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public TemporaryFile(string folder, Action<Stream> write)
    {
        foreach (var file in Directory.EnumerateFiles(folder, $"{Prefix}*{Extension}").Where(IsNamedSo).ToList())
            RemoveIfAbandoned(file);
        Path = NewPath(folder);
        using var content = Create(Path, FileShare.ReadWrite, FileOptions.None);
        // An open handle tells other processes that the file is in use; one that only reads lets others read on Windows too.
        _claim = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            write(content);
        }
        catch
        {
            content.Dispose();
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>A file that nobody can find, and that vanishes with its handle, also when the process is killed.</summary>
    /// <param name="folder">Where its bytes are.</param>
    /// <param name="options">How it is used.</param>
    /// <exception cref="IOException">It cannot be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static FileStream Nameless(string folder, FileOptions options = FileOptions.None)
    {
        var path = NewPath(folder);
        // Windows deletes a file with its last handle. Elsewhere .NET would do so on closing, thus not in a killed process; there an open
        // file may lose its name at once.
        if (OperatingSystem.IsWindows())
            return Create(path, FileShare.None, options | FileOptions.DeleteOnClose);
        var file = Create(path, FileShare.None, options);
        File.Delete(path);
        return file;
    }

    /// <summary>Deletes a file that was left by a process that is gone: no process has it open, and it is old.</summary>
    public static void RemoveIfAbandoned(string path)
    {
        try
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < _longAgo || PlainFile.OtherKind(path) is not null)
                return;
            using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0))
            {
            }
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // In use, gone meanwhile, or another user's.
        }
    }

    public void Dispose()
    {
        _claim.Dispose();
        File.Delete(Path);
    }

    private static string NewPath(string folder) => System.IO.Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}{Extension}");

    /// <summary>Whether it is a name of <see cref="NewPath"/>, and not what a user called a file.</summary>
    private static bool IsNamedSo(string path) =>
        Guid.TryParseExact(System.IO.Path.GetFileNameWithoutExtension(path)[Prefix.Length..], "N", out _);

    /// <summary>CreateNew follows no link that somebody put there.</summary>
    private static FileStream Create(string path, FileShare share, FileOptions use)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
            Options = use,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
