namespace Microsoft.ML.Conformer;

/// <summary>
/// A box of random size and place in an image replaced by noise (Zhong et al., "Random Erasing Data Augmentation", 2020), as timm does in
/// its mode "pixel". The defaults are those of the official recipe.
/// </summary>
public sealed record RandomErasingRecipe
{
    /// <summary>Chance, 0-1, with which an image has a box erased. Default 0.25.</summary>
    public double Probability { get; init; } = 0.25;

    /// <summary>Smallest area of the box, as a fraction of the image's area, above 0. Default 0.02.</summary>
    public double MinArea { get; init; } = 0.02;

    /// <summary>Largest area of the box, as a fraction of the image's area, <see cref="MinArea"/>-1. Default 1/3.</summary>
    public double MaxArea { get; init; } = 1.0 / 3;

    /// <summary>a, above 0 and at most 1: the box's height over its width is log-uniform from a to 1/a. Default 0.3.</summary>
    public double MinAspect { get; init; } = 0.3;

    /// <summary>
    /// Whether the noise is made of colors, normal with the mean and deviation that images are normalized by, rounded and clipped to 0-255
    /// (mmpretrain); false (default): of normalized values, standard normal (timm), which go beyond those of any color.
    /// </summary>
    public bool BeforeNormalization { get; init; }

    internal IEnumerable<string> Faults()
    {
        foreach (var fault in OptionFaults.Outside(nameof(Probability), Probability, 0, 1))
            yield return fault;
        if (!(MinArea is > 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(MinArea)} is {MinArea}; it must be above 0 and at most 1.");
        else if (!(MaxArea >= MinArea && MaxArea <= 1))
            yield return FormattableString.Invariant($"{nameof(MaxArea)} is {MaxArea}; it must be {nameof(MinArea)} ({MinArea}) to 1.");
        if (!(MinAspect is > 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(MinAspect)} is {MinAspect}; it must be above 0 and at most 1.");
    }
}
