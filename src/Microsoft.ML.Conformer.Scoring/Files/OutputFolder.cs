namespace Microsoft.ML.Conformer.Files;

/// <summary>Folders that results will be written to, made and tested before the work that gives them.</summary>
internal static class OutputFolder
{
    /// <summary>Enough that a full disk cannot take it into a file's last block, or into its directory entry.</summary>
    private const int ProbeBytes = 1 << 16;

    /// <summary>Makes a folder where it is absent, and writes a file of its own in it, which is gone afterward.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="purpose">What it is for, such as "checkpoints (Checkpoints.Folder)".</param>
    /// <param name="remedy">What to do where it cannot be used, a sentence.</param>
    /// <exception cref="IOException">It cannot be made or written to; the message says all this, and why.</exception>
    public static void EnsureWritable(string path, string purpose, string remedy)
    {
        var folder = path;
        try
        {
            folder = Path.GetFullPath(path);
            if (!Directory.Exists(folder) && new FileInfo(folder) is { Exists: true } file)
                throw new IOException(file.LinkTarget is { } target
                    ? $"It is a link to '{VisibleText.OfPath(target)}', where there is no folder."
                    : "It is a file.");
            Directory.CreateDirectory(folder);
            Probe(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var reason = VisibleText.Reason(exception).TrimEnd('.');
            throw new IOException($"The folder '{VisibleText.OfPath(folder)}' for {purpose} cannot be used: {reason}. {remedy}", exception);
        }
    }

    private static void Probe(string folder)
    {
        using var file = TemporaryFile.Nameless(folder);
        file.Write(new byte[ProbeBytes]);
        file.Flush(flushToDisk: true);
    }
}
