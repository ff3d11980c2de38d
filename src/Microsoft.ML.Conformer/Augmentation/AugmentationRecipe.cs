namespace Microsoft.ML.Conformer;

/// <summary>
/// How training images are varied at random, anew in each epoch; validation images are not. By default they are cropped and mirrored,
/// and nothing else. The steps come in the order of the properties.
/// </summary>
public sealed record AugmentationRecipe
{
    /// <summary>
    /// Smallest area of a random crop, as a fraction of the image's area, above 0. Default 0.35; 0.08 where a network is trained on
    /// ImageNet from scratch (Szegedy et al., "Going Deeper with Convolutions", 2015).
    /// </summary>
    public double CropAreaMin { get; init; } = 0.35;

    /// <summary>Largest area of a random crop, as a fraction of the image's area, <see cref="CropAreaMin"/>-1. Default 1.</summary>
    public double CropAreaMax { get; init; } = 1;

    /// <summary>Smallest width of a random crop over its height, above 0. Default 3/4.</summary>
    public double CropAspectMin { get; init; } = 3.0 / 4;

    /// <summary>Largest width of a random crop over its height, at least <see cref="CropAspectMin"/>. Default 4/3.</summary>
    public double CropAspectMax { get; init; } = 4.0 / 3;

    /// <summary>Chance, 0-1, with which an image is mirrored left to right. Default 0.5; 0 where left and right matter.</summary>
    public double HorizontalFlipProbability { get; init; } = 0.5;

    /// <summary>
    /// Most degrees, 0-180, by which an image is turned to either side, uniformly; corners get the color that images are normalized by, the
    /// mean of ImageNet. Default 0.
    /// </summary>
    public double RotationDegrees { get; init; }

    /// <summary>
    /// Whether each image is made gray, solarized above 128 or blurred (Gaussian, with a deviation of 0.1-2 pixels), one of the three with
    /// equal chances: 3-Augment (Touvron et al., "DeiT III: Revenge of the ViT", 2022). Default false. Not beside
    /// <see cref="AutoAugment"/> or <see cref="RandAugment"/>.
    /// </summary>
    public bool ThreeAugment { get; init; }

    /// <summary>
    /// Whether one of 25 pairs of operations is carried out on each image, those that were found for ImageNet (Cubuk et al., "AutoAugment:
    /// Learning Augmentation Policies from Data", 2019); what they uncover gets the mean of ImageNet. Default false. Not beside
    /// <see cref="RandAugment"/>.
    /// </summary>
    public bool AutoAugment { get; init; }

    /// <summary>Random operations on each image; null (default) for none.</summary>
    public RandAugmentRecipe? RandAugment { get; init; }

    /// <summary>Random changes of the colors of each image; null (default) for none.</summary>
    /// <remarks>timm leaves them out beside RandAugment, this library does not.</remarks>
    public ColorJitterRecipe? ColorJitter { get; init; }

    /// <summary>A part of the image that is replaced by noise; null (default) for none.</summary>
    public RandomErasingRecipe? RandomErasing { get; init; }

    /// <summary>
    /// Both parameters of the beta distribution of an image's share in a blend with another one, above 0; 0 (default) for no Mixup
    /// (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018). The official recipe has 0.8.
    /// </summary>
    public double MixupAlpha { get; init; }

    /// <summary>
    /// Both parameters of the beta distribution of an image's share where a box of another one is pasted into it, above 0; 0 (default)
    /// for no CutMix (Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019). The
    /// official recipe has 1.
    /// </summary>
    public double CutMixAlpha { get; init; }

    /// <summary>Chance, 0-1, with which a batch is mixed where Mixup or CutMix is on. Default 1.</summary>
    public double MixProbability { get; init; } = 1;

    /// <summary>Chance, 0-1, of CutMix rather than Mixup for a mixed batch, where both are on. Default 0.5.</summary>
    public double CutMixProbability { get; init; } = 0.5;

    /// <summary>With which image of its batch an image is mixed. Default <see cref="MixPartner.Reversed"/>.</summary>
    public MixPartner MixPartner { get; init; }

    /// <summary>
    /// How many times an image comes in an epoch, each time varied anew, at least 1 (default): repeated augmentation (Hoffer et al.,
    /// "Augment Your Batch", 2020). An epoch has as many images as ever, so that it has fewer different ones. The official recipe has 3.
    /// </summary>
    public int RepeatedAugmentation { get; init; } = 1;

    /// <summary>Whether some batches are mixed.</summary>
    internal bool Mixes => MixProbability > 0 && (MixupAlpha > 0 || CutMixAlpha > 0);

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults() =>
    [
        .. CropFaults(),
        .. OptionFaults.Outside(nameof(HorizontalFlipProbability), HorizontalFlipProbability, 0, 1),
        .. OptionFaults.Outside(nameof(RotationDegrees), RotationDegrees, 0, 180),
        .. Chosen.Length > 1
            ? [$"{string.Join(" and ", Chosen)} are {(Chosen.Length == 2 ? "both" : "all")} set; choose one."]
            : Array.Empty<string>(),
        .. (RandAugment?.Faults() ?? []).Select(fault => $"{nameof(RandAugment)}.{fault}"),
        .. (ColorJitter?.Faults() ?? []).Select(fault => $"{nameof(ColorJitter)}.{fault}"),
        .. (RandomErasing?.Faults() ?? []).Select(fault => $"{nameof(RandomErasing)}.{fault}"),
        .. OptionFaults.Outside(nameof(MixupAlpha), MixupAlpha, 0, double.MaxValue),
        .. OptionFaults.Outside(nameof(CutMixAlpha), CutMixAlpha, 0, double.MaxValue),
        .. OptionFaults.Outside(nameof(MixProbability), MixProbability, 0, 1),
        .. OptionFaults.Outside(nameof(CutMixProbability), CutMixProbability, 0, 1),
        .. Enum.IsDefined(MixPartner) ? Array.Empty<string>() : [OptionFaults.NotDefined(nameof(MixPartner), MixPartner)],
        .. OptionFaults.Outside(nameof(RepeatedAugmentation), RepeatedAugmentation, 1, int.MaxValue),
    ];

    /// <summary>The sets of operations that are on, of which there can be one.</summary>
    private string[] Chosen =>
    [
        .. ThreeAugment ? [nameof(ThreeAugment)] : Array.Empty<string>(), .. AutoAugment ? [nameof(AutoAugment)] : Array.Empty<string>(),
        .. RandAugment is not null ? [nameof(RandAugment)] : Array.Empty<string>(),
    ];

    private IEnumerable<string> CropFaults()
    {
        if (!(CropAreaMin is > 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(CropAreaMin)} is {CropAreaMin}; it must be above 0 and at most 1.");
        else if (!(CropAreaMax >= CropAreaMin && CropAreaMax <= 1))
            yield return FormattableString.Invariant(
                $"{nameof(CropAreaMax)} is {CropAreaMax}; it must be {nameof(CropAreaMin)} ({CropAreaMin}) to 1.");
        if (!(double.IsFinite(CropAspectMin) && CropAspectMin > 0))
            yield return FormattableString.Invariant($"{nameof(CropAspectMin)} is {CropAspectMin}; it must be above 0.");
        else if (!(double.IsFinite(CropAspectMax) && CropAspectMax >= CropAspectMin))
            yield return FormattableString.Invariant(
                $"{nameof(CropAspectMax)} is {CropAspectMax}; it must be at least {nameof(CropAspectMin)} ({CropAspectMin}).");
    }
}

/// <summary>With which image of its batch an image is mixed.</summary>
public enum MixPartner
{
    /// <summary>Image i of N with image N - 1 - i, as timm has it; the middle one of an odd batch stays as it is.</summary>
    Reversed,

    /// <summary>With any image, itself included, by a random permutation of the batch, as mmpretrain has it.</summary>
    Permuted,
}
