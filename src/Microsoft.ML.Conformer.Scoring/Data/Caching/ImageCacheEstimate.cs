using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>What memory the decoded images of files would take, by the headers of some of them.</summary>
internal sealed record ImageCacheEstimate(int Count, long Bytes)
{
    private const int Looked = 64;

    /// <param name="files">The rows of a data set.</param>
    /// <param name="keptSize">Width and height that are kept of an image's.</param>
    public static ImageCacheEstimate Of(IReadOnlyList<TakenRow> files, Func<int, int, (int Width, int Height)> keptSize)
    {
        var (bytes, found) = (0L, 0);
        for (var i = 0; i < Math.Min(Looked, files.Count); i++)
        {
            var index = files.Count <= Looked ? i : (int)(i * (long)files.Count / Looked);
            using var codec = files[index].Path is { Length: > 0 } path && HasContents(path)
                ? SKCodec.Create(path) : null;
            if (codec is null)
                continue;
            var (width, height) = keptSize(codec.Info.Width, codec.Info.Height);
            (bytes, found) = (bytes + (long)width * height * RgbImage.Channels, found + 1);
        }
        return new(files.Count, found == 0 ? 0 : files.Count * (bytes / found));
    }

    /// <summary>
    /// Whether images are kept where options leave it open, with a word about it. A group keeps them where each of its processes would.
    /// </summary>
    /// <exception cref="IOException">They are to be kept, and there is too little room on the disk.</exception>
    public bool IsToBeKept(ImageReadOptions options)
    {
        var beyond = options.Group is null ? Bytes - options.MaxCacheBytes : Bytes;
        var free = beyond > 0 ? FreeBytes(options.TempFolder) : null;
        var keep = options.Caching == ImageCaching.Keep ||
            options.Caching == ImageCaching.Auto && AllSay(Bytes <= options.MaxCacheBytes && !(free < beyond), options.Group);
        if (!keep)
            options.Tell?.Invoke($"{Count} images are decoded anew in each epoch; to keep them would take {InWords(Bytes)}.");
        else if (beyond > 0)
        {
            if (free < beyond)
                throw new IOException(
                    $"{Count} decoded images take {InWords(Bytes)}" + (options.Group is null
                        ? $": {InWords(options.MaxCacheBytes)} of it in memory, and the rest in a temporary file. "
                        : ", which the processes of this machine share in temporary files. ") +
                    $"The folder '{VisibleText.OfPath(options.TempFolder)}' has room for {InWords(free.Value)} only. Name another one, " +
                    (options.Group is null ? "raise the limit, " : "") +
                    $"or let images be decoded anew ({nameof(ImageCaching)}.{nameof(ImageCaching.Decode)}).");
            options.Tell?.Invoke($"{Count} decoded images take {InWords(Bytes)}, " + (options.Group is null
                ? $"of which {InWords(beyond)} go to a temporary file."
                : "which the processes of this machine share in temporary files."));
        }
        return keep;
    }

    private static bool AllSay(bool own, IReadingGroup? group) => group is null ? own
        : group.Gather([(byte)(own ? 1 : 0)], "whether decoded images are kept").All(word => word is [1]);

    private static bool HasContents(string path)
    {
        try
        {
            return PlainFile.Target(path) is { Exists: true, Length: > 0 };
        }
        catch (IOException)
        {
            return false; // said when the image is read
        }
    }

    private static long? FreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // the first write tells
        }
    }

    private static string InWords(long bytes) =>
        bytes < 1_000_000_000 ? FormattableString.Invariant($"{bytes / 1e6:0} MB") : FormattableString.Invariant($"{bytes / 1e9:0.0} GB");
}
