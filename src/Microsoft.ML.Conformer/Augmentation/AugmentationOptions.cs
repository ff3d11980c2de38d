namespace Microsoft.ML.Conformer;

/// <summary>How training images are varied at random, anew in each epoch; validation images are not.</summary>
public sealed class AugmentationOptions
{
    /// <summary>Smallest area of a random crop, as a fraction of the image's area, above 0. Default 0.35.</summary>
    public double CropAreaMin { get; set; } = 0.35;

    /// <summary>Largest area of a random crop, as a fraction of the image's area, <see cref="CropAreaMin"/>-1. Default 1.</summary>
    public double CropAreaMax { get; set; } = 1;

    /// <summary>Chance, 0-1, with which an image is mirrored left to right. Default 0.5; 0 where left and right matter.</summary>
    public double HorizontalFlipProbability { get; set; } = 0.5;

    internal AugmentationOptions Copy() => (AugmentationOptions)MemberwiseClone();

    internal AugmentationRecipe ToRecipe() => new()
    {
        CropAreaMin = CropAreaMin,
        CropAreaMax = CropAreaMax,
        HorizontalFlipProbability = HorizontalFlipProbability,
    };

    /// <summary>What the images follow from, by the options' names.</summary>
    internal IEnumerable<(string Name, object? Value)> Influences() =>
    [
        (nameof(CropAreaMin), CropAreaMin), (nameof(CropAreaMax), CropAreaMax),
        (nameof(HorizontalFlipProbability), HorizontalFlipProbability),
    ];

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (!(CropAreaMin is > 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(CropAreaMin)} is {CropAreaMin}; it must be above 0 and at most 1.");
        else if (!(CropAreaMax >= CropAreaMin && CropAreaMax <= 1))
            yield return FormattableString.Invariant(
                $"{nameof(CropAreaMax)} is {CropAreaMax}; it must be {nameof(CropAreaMin)} ({CropAreaMin}) to 1.");
        if (!(HorizontalFlipProbability is >= 0 and <= 1))
            yield return FormattableString.Invariant(
                $"{nameof(HorizontalFlipProbability)} is {HorizontalFlipProbability}; it must be 0-1.");
    }
}
