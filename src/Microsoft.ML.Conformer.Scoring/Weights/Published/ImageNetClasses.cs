namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>
/// The 1,000 classes of ILSVRC-2012 ("ImageNet-1k"), which the published Conformers tell apart, in the order of their scores: that of their
/// WordNet 3.0 ids. A class is called by the first word of its synset; the six that share theirs, but for case, have their hypernym beside
/// it:
/// "crane (wading bird)", "crane (lifting device)".
/// </summary>
internal static class ImageNetClasses
{
    private static readonly Lazy<IReadOnlyList<string>> _names = new(Read);

    public static IReadOnlyList<string> Names => _names.Value;

    private static IReadOnlyList<string> Read()
    {
        using var stream = typeof(ImageNetClasses).Assembly.GetManifestResourceStream($"{nameof(ImageNetClasses)}.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
