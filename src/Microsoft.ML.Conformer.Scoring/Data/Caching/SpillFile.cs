namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>A temporary file for pixels; it vanishes with its handles, also when the process is killed.</summary>
internal sealed class SpillFile : IDisposable
{
    private readonly FileStream _file;
    private readonly string _folder;
    private readonly Words _words;
    private long _length;

    private SpillFile(string folder, Words words, Func<string, FileOptions, FileStream> create)
    {
        (_folder, _words) = (folder, words);
        try
        {
            Directory.CreateDirectory(folder);
            _file = create(folder, FileOptions.RandomAccess);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{words.Why}, and the folder '{VisibleText.OfPath(folder)}' for them cannot be used: {VisibleText.Reason(exception)} " +
                $"Name another one, by the trainer's CacheFolder or MLContext.TempFilePath, or {words.OrElse}.",
                exception);
        }
    }

    private SpillFile(string path)
    {
        (_folder, _words) = (Path.GetDirectoryName(path)!, Words.Shared);
        try
        {
            _file = TemporaryFile.Join(path, FileOptions.RandomAccess);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The decoded images of another process, in '{VisibleText.OfPath(path)}', cannot be opened: " +
                $"{VisibleText.Reason(exception)} Processes of one machine must run as one user and see each other's temporary files.",
                exception);
        }
    }

    /// <summary>The full path, which a shared file has until its name is dropped.</summary>
    public string FullName => _file.Name;

    /// <summary>A file of this process, for what is beyond the memory limit.</summary>
    public static SpillFile Own(string folder) => new(folder, Words.Beyond, TemporaryFile.Nameless);

    /// <summary>A file of this process that others open by its name, before that is dropped.</summary>
    public static SpillFile Shared(string folder) => new(folder, Words.Shared, TemporaryFile.Shared);

    /// <summary>Opens another process's shared file, to read.</summary>
    public static SpillFile Join(string path) => new(path);

    public void DropName() => TemporaryFile.DropName(_file);

    /// <summary>Writes at the end, for one thread at a time; returns where the bytes begin.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        var offset = _length;
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes, offset);
        }
        catch (IOException exception)
        {
            throw new IOException(
                $"{_words.Why}, and they cannot be written to the folder '{VisibleText.OfPath(_folder)}' ({offset} bytes so far): " +
                $"{VisibleText.Reason(exception)} Make room there, name another folder, or {_words.OrElse}.",
                exception);
        }
        _length += bytes.Length;
        return offset;
    }

    /// <summary>Fills a buffer with the bytes from an offset on; for any number of threads.</summary>
    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
            if (count == 0)
                throw new EndOfStreamException(
                    $"The temporary file of decoded images in '{VisibleText.OfPath(_folder)}' ends at {offset} bytes, within an image.");
            bytes = bytes[count..];
            offset += count;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Why images are in a file, and what helps beside another folder.</summary>
    private sealed record Words(string Why, string OrElse)
    {
        public static readonly Words Beyond = new("The decoded images exceed the memory limit", "raise the limit");

        public static readonly Words Shared = new(
            "The processes of a machine share the decoded images in files",
            $"let images be decoded anew ({nameof(ImageCaching)}.{nameof(ImageCaching.Decode)})");
    }
}
