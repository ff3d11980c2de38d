namespace Microsoft.ML.Conformer;

/// <summary>
/// RandAugment (Cubuk et al., "RandAugment: Practical Automated Data Augmentation with a Reduced Search Space", 2020) with timm's
/// "increasing" magnitudes: operations on each image, drawn with equal chances out of 15, with replacement. The defaults are timm's
/// rand-m9-mstd0.5-inc1, as the official recipe has it.
/// </summary>
/// <remarks>
/// The 15: AutoContrast, Equalize, Invert, Rotate, Posterize, Solarize, SolarizeAdd, Color, Contrast, Brightness, Sharpness, ShearX,
/// ShearY, TranslateX and TranslateY. What they uncover gets the color that images are normalized by, the mean of ImageNet.
/// </remarks>
public sealed record RandAugmentRecipe
{
    /// <summary>Operations drawn for an image, 1-100. Default 2.</summary>
    public int Operations { get; init; } = 2;

    /// <summary>Chance, 0-1, with which a drawn operation is carried out. Default 0.5.</summary>
    public double Probability { get; init; } = 0.5;

    /// <summary>Mean strength of an operation, 0-10. Default 9.</summary>
    public double Magnitude { get; init; } = 9;

    /// <summary>Standard deviation of the strength, which is normal and clipped to 0-10, at least 0. Default 0.5.</summary>
    public double MagnitudeDeviation { get; init; } = 0.5;

    internal IEnumerable<string> Faults() =>
    [
        .. OptionFaults.Outside(nameof(Operations), Operations, 1, 100),
        .. OptionFaults.Outside(nameof(Probability), Probability, 0, 1),
        .. OptionFaults.Outside(nameof(Magnitude), Magnitude, 0, 10),
        .. OptionFaults.Outside(nameof(MagnitudeDeviation), MagnitudeDeviation, 0, double.MaxValue),
    ];
}
