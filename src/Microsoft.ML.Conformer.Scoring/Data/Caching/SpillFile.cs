namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>A temporary file for pixels beyond the memory limit; it vanishes with its handle, also when the process is killed.</summary>
internal sealed class SpillFile : IDisposable
{
    private readonly FileStream _file;
    private readonly string _folder;
    private long _length;

    public SpillFile(string folder)
    {
        _folder = folder;
        try
        {
            Directory.CreateDirectory(folder);
            _file = TemporaryFile.Nameless(folder, FileOptions.RandomAccess);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The decoded images exceed the memory limit, and the folder '{VisibleText.OfPath(folder)}' for the others cannot be " +
                $"used: {VisibleText.Reason(exception)} Name another one, by the trainer's CacheFolder or MLContext.TempFilePath, or " +
                "raise the limit.",
                exception);
        }
    }

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
                $"The decoded images exceed the memory limit and cannot be written to the folder '{VisibleText.OfPath(_folder)}' " +
                $"({offset} bytes so far): {VisibleText.Reason(exception)} Make room there, name another folder, or raise the limit.",
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
                    $"The temporary file of decoded images in '{VisibleText.OfPath(_folder)}' ends at {offset} of {_length} bytes.");
            bytes = bytes[count..];
            offset += count;
        }
    }

    public void Dispose() => _file.Dispose();
}
