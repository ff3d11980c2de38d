namespace Microsoft.ML.Conformer.Weights;

/// <summary>Weights to start from, by a file's path or a published name, matched with an architecture, while the file is open.</summary>
internal sealed class PretrainedWeights(CheckpointFile file, WeightPlan plan) : IDisposable
{
    public WeightPlan Plan { get; } = plan;

    /// <summary>
    /// Opens a .pth or safetensors file, or a name of <see cref="PublishedWeights"/>, which are downloaded if they are not on this machine.
    /// Whatever does not fit is an error where <paramref name="strict"/> (default), otherwise a warning in the plan.
    /// </summary>
    public static PretrainedWeights Open(
        string pathOrName,
        VisionArchitecture architecture,
        bool strict = true,
        WeightDownloadOptions? download = null,
        CancellationToken cancellationToken = default)
    {
        var file = CheckpointFile.Open(Locate(pathOrName, strict ? architecture : null, download ?? new(), cancellationToken));
        try
        {
            return new PretrainedWeights(file, WeightMatcher.Match(architecture, file, strict));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => file.Dispose();

    private static string Locate(
        string pathOrName, VisionArchitecture? expected, WeightDownloadOptions download, CancellationToken cancellationToken)
    {
        if (File.Exists(pathOrName))
            return pathOrName;
        var weights = PublishedWeights.Find(pathOrName) ?? throw new FileNotFoundException(
            $"PretrainedWeights is '{pathOrName}'. There is no such file, and the published names are "
                + $"{string.Join(", ", PublishedWeights.All.Select(published => published.Name))}.",
            pathOrName);
        if (expected is not null)
            CheckVariant(weights, expected);
        // On the pool, so that a caller's synchronization context cannot be what the download waits for.
        return Task.Run(() => new WeightCache(download).GetAsync(weights, cancellationToken), cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>Says so before hundreds of megabytes are downloaded, where a published network has another shape.</summary>
    private static void CheckVariant(PublishedWeights weights, VisionArchitecture architecture)
    {
        var published = ConformerArchitecture.For(weights.Variant, architecture.NumClasses);
        if (!Shapes(published).SequenceEqual(Shapes(architecture)))
            throw new WeightMismatchException(
                weights.Name,
                [$"It holds the weights of variant {weights.Variant}; the network has another shape. Set Variant to {weights.Variant}."]);

        static IEnumerable<string> Shapes(VisionArchitecture a) =>
            a.StateDict().Select(tensor => $"{tensor.Name} {Printable.Shape(tensor.Shape)}");
    }
}
