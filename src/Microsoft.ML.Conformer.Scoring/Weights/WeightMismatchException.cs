namespace Microsoft.ML.Conformer;

/// <summary>
/// A weight file is sound, but it is not for this network: tensors are missing, unexpected or of the wrong shape. The message lists all
/// of them.
/// </summary>
public sealed class WeightMismatchException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fileName">The file, as the caller named it.</param>
    /// <param name="faults">What does not fit, one sentence for each tensor.</param>
    public WeightMismatchException(string fileName, IReadOnlyList<string> faults)
        : base($"The weights in '{fileName}' do not fit the network ({faults.Count} {(faults.Count == 1 ? "fault" : "faults")}). "
            + "Choose the architecture that they were trained with, or set StrictWeights to false to load what fits."
            + string.Concat(faults.Select(fault => $"{Environment.NewLine}  {fault}")))
    {
        FileName = fileName;
        Faults = faults;
    }

    /// <summary>The file, as the caller named it.</summary>
    public string FileName { get; }

    /// <summary>What does not fit, one sentence for each tensor.</summary>
    public IReadOnlyList<string> Faults { get; }
}
