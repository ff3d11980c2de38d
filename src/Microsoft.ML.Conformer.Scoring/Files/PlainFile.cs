using System.Formats.Tar;

namespace Microsoft.ML.Conformer.Files;

/// <summary>Tells plain files from what must not be opened as one: a pipe without a writer would never answer.</summary>
internal static class PlainFile
{
    private const string Pipe = "a pipe", Device = "a device", Socket = "a socket";

    /// <summary>
    /// What is at a path, or where a link there points, such as "a folder" or "a pipe"; null for a plain file and for nothing.
    /// </summary>
    public static string? OtherKind(string path)
    {
        if (Directory.Exists(path))
            return "a folder";
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return null;
        var file = Target(path);
        if (!file.Exists) // the links in /proc/self/fd, such as /dev/stdin, may point to what has no path
            return file.Name.StartsWith("pipe:", StringComparison.Ordinal) ? Pipe
                : file.Name.StartsWith("socket:", StringComparison.Ordinal) ? Socket
                : null;
        // Pipes, devices and sockets have no length.
        return file.Length > 0 ? null : KindOfEmpty(file.FullName);
    }

    /// <summary>Makes sure that there is a plain file at a path, or nothing.</summary>
    /// <exception cref="InvalidDataException">There is something else; the message names it.</exception>
    public static void ThrowIfOther(string path)
    {
        if (OtherKind(path) is { } kind)
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is {kind}, not a file.");
    }

    /// <summary>Reads a file as a whole that has no reason to be long.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most bytes that it may have.</param>
    /// <exception cref="InvalidDataException">It is no plain file, or is longer; the message names it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadAll(string path, int maxBytes)
    {
        ThrowIfOther(path);
        using var file = File.OpenRead(path);
        return ReadAll(file, maxBytes);
    }

    /// <inheritdoc cref="ReadAll(string, int)"/>
    public static byte[] ReadAll(FileStream file, int maxBytes)
    {
        if (file.Length > maxBytes)
            throw new InvalidDataException($"'{VisibleText.OfPath(file.Name)}' has {file.Length} bytes; expected at most {maxBytes}.");
        var bytes = new byte[file.Length];
        var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count == bytes.Length ? bytes : bytes[..count];
    }

    /// <summary>The file at a path, or where a link there points: .NET gives a link's own length.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static FileInfo Target(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? file : new FileInfo(file.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
    }

    /// <summary>Of all that .NET has, only an archive tells the kind of a file without opening it.</summary>
    private static string? KindOfEmpty(string path)
    {
        using var archive = new MemoryStream();
        try
        {
            using var writer = new TarWriter(archive, leaveOpen: true);
            writer.WriteEntry(path, "file");
        }
        catch (UnauthorizedAccessException)
        {
            return null; // a plain file that may not be read
        }
        catch (IOException exception)
        {
            // An archive cannot have a socket, and .NET says so; what the system says, such as that the file is locked, has other numbers.
            return exception.HResult == new IOException().HResult ? Socket : null;
        }
        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType switch
        {
            TarEntryType.Fifo => Pipe,
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => Device,
            _ => null,
        };
    }
}
