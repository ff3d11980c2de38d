namespace Microsoft.ML.Conformer;

/// <summary>How LoadFromImageFolder and LoadImageSplits read folders and manifests. Used during the call alone.</summary>
public sealed class ImageFolderOptions
{
    private const double MostTaken = 0.99;

    /// <summary>
    /// Fraction of each class's training images that validate, where the data have no validation part. Above 0, up to 0.99; default 0.2. At
    /// least one image of each class validates, and at least one stays to train on. LoadFromImageFolder ignores it.
    /// </summary>
    public double ValidationFraction { get; set; } = 0.2;

    /// <summary>
    /// Fraction of each class's training images that are held out for a test, where the data have no test part. 0-0.99, and with
    /// <see cref="ValidationFraction"/> at most 0.99 in all; default 0, no test. LoadFromImageFolder ignores it.
    /// </summary>
    public double TestFraction { get; set; }

    /// <summary>
    /// Which images are drawn for <see cref="ValidationFraction"/> and <see cref="TestFraction"/>: the same seed draws the same ones,
    /// wherever the folder lies and however it is listed. Default 0.
    /// </summary>
    public int Seed { get; set; }

    /// <summary>Whether the images in sub-folders of a class folder, however deep, belong to the class. Default true.</summary>
    public bool IncludeSubfolders { get; set; } = true;

    internal IEnumerable<string> Faults()
    {
        if (!(ValidationFraction > 0))
            yield return FormattableString.Invariant($"{nameof(ValidationFraction)} is {ValidationFraction}; it must be above 0.");
        foreach (var fault in OptionFaults.Outside(nameof(TestFraction), TestFraction, 0, MostTaken))
            yield return fault;
        if (!(ValidationFraction + TestFraction <= MostTaken))
            yield return FormattableString.Invariant(
                $"{nameof(ValidationFraction)} and {nameof(TestFraction)} are {ValidationFraction} and {TestFraction}; ") +
                FormattableString.Invariant($"together they may be {MostTaken} at most.");
    }
}
