namespace Microsoft.ML.Conformer;

/// <summary>
/// Published weights could not be downloaded. The message names the URL, and the place where the file, brought by other means, is looked
/// for.
/// </summary>
public sealed class WeightDownloadException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="name">The published name.</param>
    /// <param name="url">Where the file is.</param>
    /// <param name="path">Where it is kept on this machine.</param>
    /// <param name="reason">What went wrong.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public WeightDownloadException(string name, Uri url, string path, string reason, Exception? innerException = null)
        : base($"The weights '{name}' are not on this machine, and {reason}. To go on, get {url} by other means and place the file at "
            + $"'{VisibleText.OfPath(path)}', or give the path of a file that you have in place of the name.", innerException)
    {
        Url = url;
        FilePath = path;
    }

    /// <summary>Where the file is.</summary>
    public Uri Url { get; }

    /// <summary>Where it is kept on this machine.</summary>
    public string FilePath { get; }
}
