namespace Microsoft.ML.Conformer.Files;

/// <summary>Files that are there as a whole or not at all.</summary>
internal static class AtomicFile
{
    private const string Partial = ".partial";

    /// <summary>Writes a file under another name beside it, flushes it to the disk and moves it.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var target = TargetOf(path);
        var partial = $"{target}.{Path.GetRandomFileName()}{Partial}"; // two writers do not meet
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, target, overwrite: true);
        }
        catch
        {
            File.Delete(partial); // on a full disk above all
            throw;
        }
    }

    public static void Write(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>The full path of a file to write.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static string TargetOf(string path)
    {
        var target = Path.GetFullPath(path);
        return Path.GetDirectoryName(target) is not { } folder || Directory.Exists(folder) ? target
            : throw new DirectoryNotFoundException($"'{path}' cannot be written: there is no folder '{folder}'.");
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
}
