namespace Microsoft.ML.Conformer;

/// <summary>How a model or weight file is opened, and a classifier made of a weight file or of published weights, without training.</summary>
public sealed class WeightFileOptions
{
    /// <summary>
    /// The classes in the order of the network's scores: as many as it has, and no two the same. Null (default): for 1,000 classes those of
    /// ImageNet (ILSVRC-2012) in English, such as "golden retriever"; otherwise "0", "1", and so on.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; set; }

    /// <summary>
    /// Whether, where a .pth file has a moving average of the weights (EMA) beside the weights themselves, the average is taken. Default
    /// false. Where a file has only one of the two, that is taken, and the log says which.
    /// </summary>
    public bool Average { get; set; }

    /// <summary>Told how a download of published weights goes. Null by default.</summary>
    public IProgress<WeightDownloadProgress>? DownloadProgress { get; set; }

    /// <summary>
    /// The folder of the file with the weights, where an ONNX file has them in a file of their own, "[file].data", as they exceed 2 GB.
    /// Null (default): no file but the one that is opened is read.
    /// </summary>
    public string? ExternalDataFolder { get; set; }

    /// <summary>
    /// Ends the opening of a file, or a download, which the next call resumes. By default neither can be canceled.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    internal IEnumerable<string> Faults()
    {
        if (ExternalDataFolder is not null && string.IsNullOrWhiteSpace(ExternalDataFolder))
            yield return $"{nameof(ExternalDataFolder)} is empty; it must be a folder's path, or null.";
        foreach (var fault in NameFaults(nameof(ClassNames), ClassNames))
            yield return fault;
    }

    /// <summary>What is wrong with classes' names, one sentence for each fault.</summary>
    /// <param name="source">What messages call them.</param>
    /// <param name="names">The names; null for none, which is no fault.</param>
    internal static IEnumerable<string> NameFaults(string source, IReadOnlyList<string>? names)
    {
        if (names is null)
            yield break;
        if (names.Any(string.IsNullOrWhiteSpace))
            yield return $"{source} has an empty name.";
        foreach (var same in names.GroupBy(name => name).Where(group => group.Count() > 1).Take(1))
            yield return $"{source} has '{VisibleText.Of(same.Key)}' {same.Count()} times; each class needs a name of its own.";
    }
}
