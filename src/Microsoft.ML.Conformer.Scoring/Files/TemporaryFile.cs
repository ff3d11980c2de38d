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
        RemoveAbandoned(folder, $"{Prefix}*{Extension}", IsNamedSo);
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

    /// <summary>
    /// A file that this user's other processes open by its name, with <see cref="Join"/>. It vanishes with its handles; where the system
    /// deletes none of a killed process, only after <see cref="DropName"/>.
    /// </summary>
    /// <inheritdoc cref="Nameless"/>
    public static FileStream Shared(string folder, FileOptions options = FileOptions.None)
    {
        RemoveAbandoned(folder, $"{Prefix}*{Extension}", IsNamedSo);
        return Create(NewPath(folder), FileShare.ReadWrite | FileShare.Delete, options | FileOptions.DeleteOnClose);
    }

    /// <summary>Opens another process's shared file, to read what it writes.</summary>
    public static FileStream Join(string path, FileOptions options = FileOptions.None) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, options);

    /// <summary>Takes a shared file out of its folder when all have opened it; on Windows it leaves with its last handle.</summary>
    public static void DropName(FileStream shared)
    {
        if (!OperatingSystem.IsWindows())
            File.Delete(shared.Name);
    }

    /// <summary>Deletes files that were left by processes that are gone: no process has them open, and they are old.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="pattern">What their names match.</param>
    /// <param name="isNamedSo">Whether a name that matches is one of these files', and not what a user called a file.</param>
    public static void RemoveAbandoned(string folder, string pattern, Func<string, bool> isNamedSo)
    {
        try
        {
            foreach (var file in Directory.GetFiles(folder, pattern).Where(path => isNamedSo(System.IO.Path.GetFileName(path))))
                RemoveIfAbandoned(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder that can be written to need not be one that can be listed.
        }
    }

    public void Dispose()
    {
        _claim.Dispose();
        File.Delete(Path);
    }

    private static string NewPath(string folder) => System.IO.Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}{Extension}");

    private static void RemoveIfAbandoned(string path)
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

    private static bool IsNamedSo(string name) => Guid.TryParseExact(name[Prefix.Length..^Extension.Length], "N", out _);

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
