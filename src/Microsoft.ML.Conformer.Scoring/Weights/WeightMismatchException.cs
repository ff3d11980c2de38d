namespace Microsoft.ML.Conformer;

/// <summary>
/// A weight file is sound, but it is not for this network: tensors are missing, unexpected or of the wrong shape. The message has the first
/// of them and, where one fits, the published variant that the weights are of.
/// </summary>
public sealed class WeightMismatchException : InvalidOperationException
{
    private const int MostInMessage = 5;

    private const string UsualAdvice =
        "Choose the architecture that they were trained with, or set StrictWeights to false to load what fits.";

    /// <summary>Creates the exception.</summary>
    /// <param name="fileName">The file, as the caller named it.</param>
    /// <param name="faults">What does not fit, one sentence for each tensor.</param>
    /// <param name="advice">What to do about it, as a sentence; null for the usual advice to a trainer.</param>
    public WeightMismatchException(string fileName, IReadOnlyList<string> faults, string? advice = null)
        : base($"The weights in '{VisibleText.OfPath(fileName)}' do not fit the network ({faults.Count} "
            + $"{(faults.Count == 1 ? "fault" : "faults")}). "
            + (advice ?? UsualAdvice)
            + string.Concat(faults.Take(MostInMessage).Select(fault => $"{Environment.NewLine}  {fault}"))
            + (faults.Count > MostInMessage ? $"{Environment.NewLine}  and {faults.Count - MostInMessage} more." : ""))
    {
        FileName = fileName;
        Faults = faults;
    }

    /// <summary>The file, as the caller named it.</summary>
    public string FileName { get; }

    /// <summary>All that does not fit, one sentence for each tensor.</summary>
    public IReadOnlyList<string> Faults { get; }
}
