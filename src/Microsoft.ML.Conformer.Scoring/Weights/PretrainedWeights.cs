namespace Microsoft.ML.Conformer.Weights;

/// <summary>
/// Weights by a file's path or a published name, matched with an architecture, while the file is open. Published weights are downloaded if
/// they are not on this machine.
/// </summary>
internal sealed class PretrainedWeights(CheckpointFile file, VisionArchitecture architecture, WeightPlan plan) : IDisposable
{
    public VisionArchitecture Architecture { get; } = architecture;

    public WeightPlan Plan { get; } = plan;

    /// <summary>Opens weights to train from.</summary>
    /// <param name="pathOrName">A .pth or safetensors file, or a name of <see cref="PublishedWeights"/>.</param>
    /// <param name="architecture">What is trained.</param>
    /// <param name="strict">Whether whatever does not fit is an error (default), or a warning in the plan.</param>
    /// <param name="average">Whether a moving average is taken where the file has plain weights too.</param>
    /// <param name="download">How published weights are fetched; null for the defaults.</param>
    /// <param name="cancellationToken">Ends a download.</param>
    public static PretrainedWeights Open(
        string pathOrName,
        VisionArchitecture architecture,
        bool strict = true,
        bool average = false,
        WeightDownloadOptions? download = null,
        CancellationToken cancellationToken = default)
    {
        var path = Locate(nameof(PretrainedWeights), pathOrName, strict ? architecture : null, download, cancellationToken);
        return Open(
            CheckpointFile.Open(path, average), file => new(file, architecture, WeightMatcher.Match(architecture, file, strict)));
    }

    /// <summary>
    /// Opens weights that classify as they are: those of a published variant, with all heads, for any number of classes.
    /// </summary>
    /// <inheritdoc cref="Open(string, VisionArchitecture, bool, bool, WeightDownloadOptions?, CancellationToken)"/>
    public static PretrainedWeights OpenClassifier(
        string pathOrName,
        bool average = false,
        WeightDownloadOptions? download = null,
        CancellationToken cancellationToken = default) =>
        OpenClassifier(CheckpointFile.Open(Locate("path", pathOrName, null, download, cancellationToken), average));

    /// <summary>As for a path; owns <paramref name="source"/> from now on, also where this fails.</summary>
    public static PretrainedWeights OpenClassifier(ByteSource source, bool average) =>
        OpenClassifier(CheckpointFile.Open(source, average));

    /// <summary>The file of a path or of a published name, which is downloaded where it is not on this machine.</summary>
    /// <param name="option">What messages call the argument.</param>
    /// <param name="pathOrName">The file, or the name.</param>
    /// <param name="expected">The network that the weights are for, which a published name is compared with; null for any.</param>
    /// <param name="download">How published weights are fetched; null for the defaults.</param>
    /// <param name="cancellationToken">Ends a download.</param>
    /// <exception cref="FileNotFoundException">There is neither such a file nor such a name.</exception>
    public static string Locate(
        string option, string pathOrName, VisionArchitecture? expected, WeightDownloadOptions? download, CancellationToken cancellationToken)
    {
        if (File.Exists(pathOrName))
            return pathOrName;
        var weights = PublishedWeights.Find(pathOrName) ?? throw new FileNotFoundException(
            $"{option} is '{VisibleText.OfPath(pathOrName)}'. " +
            $"{(Directory.Exists(pathOrName) ? "It is a folder" : "There is no such file")}, and the published names are " +
            $"{PublishedWeights.Names}.",
            pathOrName);
        if (expected is not null)
            CheckVariant(weights, expected);
        // On the pool, so that a caller's synchronization context cannot be what the download waits for.
        return Task.Run(() => new WeightCache(download ?? new()).GetAsync(weights, cancellationToken), cancellationToken)
            .GetAwaiter().GetResult();
    }

    public void Dispose() => file.Dispose();

    private static PretrainedWeights OpenClassifier(CheckpointFile weights) => Open(weights, file =>
    {
        var architecture = WeightMatcher.Closest(file).Architecture;
        return new(file, architecture, WeightMatcher.Match(architecture, file, replaceHeads: false));
    });

    private static PretrainedWeights Open(CheckpointFile file, Func<CheckpointFile, PretrainedWeights> match)
    {
        try
        {
            return match(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Says so before hundreds of megabytes are downloaded, where a published network has another shape.</summary>
    private static void CheckVariant(PublishedWeights weights, VisionArchitecture architecture)
    {
        var published = ConformerArchitecture.For(weights.Variant, architecture.NumClasses);
        if (!Shapes(published).SequenceEqual(Shapes(architecture)))
            throw new WeightMismatchException(
                weights.Name,
                [
                    $"It holds the weights of ConformerVariant.{weights.Variant}; the network has another shape. " +
                    (architecture is ConformerArchitecture ? "" : "Take the Conformer's trainer. ") + $"Set Variant to {weights.Variant}.",
                ]);

        static IEnumerable<string> Shapes(VisionArchitecture a) =>
            a.StateDict().Select(tensor => $"{tensor.Name} {CheckpointTensor.ShapeText(tensor.Shape)}");
    }
}
