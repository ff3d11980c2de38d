namespace Conformer.Server.Model;

/// <summary>The file that a model is served from.</summary>
internal sealed class ModelFile(Settings settings)
{
    /// <summary>What tells a file from the one that replaced it: time and length, its own and those of weights beside it.</summary>
    internal sealed record Stamp(DateTime Time, long Length, DateTime? WeightsTime, long? WeightsLength);

    public string Name => Path.GetFileName(settings.ModelPath);

    /// <summary>What is known of the file now; null where there is none, or none that can be seen.</summary>
    public Stamp? Look()
    {
        try
        {
            var (file, weights) = (PlainFile.Target(settings.ModelPath), PlainFile.Target(settings.ModelPath + ".data"));
            if (!file.Exists)
                return null;
            return weights.Exists
                ? new Stamp(file.LastWriteTimeUtc, file.Length, weights.LastWriteTimeUtc, weights.Length)
                : new Stamp(file.LastWriteTimeUtc, file.Length, null, null);
        }
        // Such as a network share that is away for a moment.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Opens and warms up the model.</summary>
    public ServedModel Open(CancellationToken stopping)
    {
        var stamp = Look() ?? throw new FileNotFoundException($"There is no file '{VisibleText.OfPath(settings.ModelPath)}'.");
        return new ServedModel(ConformerModel.Open(settings.ModelPath, settings.MaxBatchSize, settings.Threads, stopping), Name, stamp);
    }

    /// <summary>Whether an exception says that a file cannot be used, rather than that opening it failed.</summary>
    public static bool IsUnusable(Exception exception) => exception is ArgumentException or InvalidOperationException
        or InvalidDataException or FormatException or IOException or UnauthorizedAccessException or WeightMismatchException;
}
