using System.Text;

namespace Microsoft.ML.Conformer.Files;

/// <summary>
/// A file that is there as a whole or not at all: it is written under another name beside it, flushed to the disk, and moved. What stands
/// in its place is kept: a symbolic link goes on pointing to the file, which is replaced, and the new file has the old one's mode.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private const string Partial = ".partial";

    /// <summary>Of GetRandomFileName: 8, a dot, and 3.</summary>
    private const int RandomLength = 12;

    private readonly string _partial;

    /// <summary>Begins a file, which <see cref="Complete"/> puts in its place and <see cref="Dispose"/> without that drops.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">Something else than a plain file is in its place, or it cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public AtomicFile(string path)
    {
        Path = TargetOf(path);
        RemoveAbandoned();
        _partial = $"{Path}.{System.IO.Path.GetRandomFileName()}{Partial}"; // two writers do not meet
        Stream = new FileStream(_partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        try
        {
            KeepMode();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The full path of the file; of a link, of what it points to.</summary>
    public string Path { get; }

    /// <summary>Takes the content.</summary>
    public FileStream Stream { get; }

    /// <summary>Writes a file at once.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        using var file = new AtomicFile(path);
        write(file.Stream);
        Complete(file);
    }

    public static void Write(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Puts files in their places, in this order, once all of them are on the disk.</summary>
    public static void Complete(params ReadOnlySpan<AtomicFile> files)
    {
        foreach (var file in files)
        {
            file.Stream.Flush(flushToDisk: true);
            file.Stream.Dispose();
        }
        foreach (var file in files)
            File.Move(file._partial, file.Path, overwrite: true);
    }

    /// <summary>The full path of a file to write; of a link, of what it points to, there or not.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">Something else than a plain file is in its place.</exception>
    public static string TargetOf(string path)
    {
        var target = System.IO.Path.GetFullPath(path);
        if (PlainFile.OtherKind(target) is { } kind)
            throw new IOException($"'{VisibleText.OfPath(path)}' cannot be written: it is {kind}. Name a file, or write to a stream.");
        target = PlainFile.Target(target).FullName;
        return System.IO.Path.GetDirectoryName(target) is not { } folder || Directory.Exists(folder) ? target
            : throw new DirectoryNotFoundException(
                $"'{VisibleText.OfPath(path)}' cannot be written: there is no folder '{VisibleText.OfPath(folder)}'.");
    }

    /// <summary>
    /// Deletes what a killed process left half-written of the files whose names begin so, in a folder where no other process writes them.
    /// </summary>
    public static void RemoveLeftovers(string folder, params IEnumerable<string> beginnings)
    {
        foreach (var beginning in beginnings)
            foreach (var file in Directory.EnumerateFiles(folder, $"{beginning}*{Partial}").ToList())
                File.Delete(file);
    }

    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // A full disk; what could not be written is dropped, and whoever wrote it knows.
        }
        File.Delete(_partial);
    }

    /// <summary>What killed processes left of this very file.</summary>
    private void RemoveAbandoned()
    {
        var beginning = $"{System.IO.Path.GetFileName(Path)}.";
        TemporaryFile.RemoveAbandoned(
            System.IO.Path.GetDirectoryName(Path)!, $"*{Partial}",
            name => name.StartsWith(beginning, StringComparison.Ordinal) && name.Length == beginning.Length + RandomLength + Partial.Length);
    }

    private void KeepMode()
    {
        if (OperatingSystem.IsWindows() || !File.Exists(Path))
            return;
        var mode = File.GetUnixFileMode(Path);
        if (File.GetUnixFileMode(Stream.SafeFileHandle) != mode) // some file systems know one mode only
            File.SetUnixFileMode(Stream.SafeFileHandle, mode);
    }
}
