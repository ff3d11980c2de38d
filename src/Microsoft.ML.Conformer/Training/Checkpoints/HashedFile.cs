namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>Files whose bytes are known by their hash.</summary>
internal static class HashedFile
{
    /// <summary>Writes a file, as a whole or not at all. Returns the hash of its bytes.</summary>
    public static string Write(string path, Action<Stream> write)
    {
        var checksum = "";
        AtomicFile.Write(path, file =>
        {
            var hashed = new ChecksumStream(file);
            write(hashed);
            checksum = hashed.Checksum;
        });
        return checksum;
    }

    /// <exception cref="InvalidDataException">The file has other bytes than those that were written.</exception>
    public static void Verify(string path, string hash)
    {
        PlainFile.ThrowIfOther(path);
        using var file = File.OpenRead(path);
        var hashed = new ChecksumStream(Stream.Null);
        file.CopyTo(hashed);
        if (hashed.Checksum != hash)
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is damaged: it has other bytes than those that were written.");
    }
}
