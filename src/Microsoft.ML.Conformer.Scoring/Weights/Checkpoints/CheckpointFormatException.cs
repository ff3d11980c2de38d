namespace Microsoft.ML.Conformer;

/// <summary>
/// A weight file is damaged, hostile or of a kind that this library does not read. The message names the file, and the tensor or the
/// pickled global where there is one.
/// </summary>
public sealed class CheckpointFormatException : FormatException
{
    /// <summary>Creates the exception; its message starts with the file's name.</summary>
    /// <param name="fileName">The file, as the caller named it.</param>
    /// <param name="reason">What was found, what was expected, and what to do about it.</param>
    /// <param name="tensor">The tensor, or the key of another value, that it is about, if any.</param>
    /// <param name="pickledGlobal">The refused global, "module.name", if any.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public CheckpointFormatException(
        string fileName, string reason, string? tensor = null, string? pickledGlobal = null, Exception? innerException = null)
        : base($"'{VisibleText.OfPath(fileName)}'{(tensor is null ? "" : $", '{VisibleText.Of(tensor)}'")}: {reason}", innerException)
    {
        (FileName, Reason) = (fileName, reason);
        Tensor = tensor;
        PickledGlobal = pickledGlobal;
    }

    /// <summary>The file, as the caller named it.</summary>
    public string FileName { get; }

    /// <summary>What was found, without the file's name.</summary>
    internal string Reason { get; }

    /// <summary>
    /// The tensor (or the key of another value) that the error is about, under the file's own name; null where it is about the file.
    /// </summary>
    public string? Tensor { get; }

    /// <summary>The global, "module.name", that a pickle asked for and did not get; null for every other error.</summary>
    public string? PickledGlobal { get; }
}
