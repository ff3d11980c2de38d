namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>Draws changes of an image's colors: torchvision's ColorJitter and DeiT III's 3-Augment.</summary>
internal static class ColorChanges
{
    private const double SmallestBlur = 0.1, LargestBlur = 2, SolarizedFrom = 128;

    private static readonly PixelOperationKind[] _jittered =
        [PixelOperationKind.Brightness, PixelOperationKind.Contrast, PixelOperationKind.Color, PixelOperationKind.Hue];

    /// <summary>Up to four changes, in random order.</summary>
    public static IEnumerable<PixelOperation> DrawJitter(ColorJitterRecipe recipe, ImageRandom random)
    {
        var order = random.NextPermutation(_jittered.Length);
        double?[] arguments =
        [
            Factor(recipe.Brightness), Factor(recipe.Contrast), Factor(recipe.Saturation),
            recipe.Hue > 0 ? random.NextDouble(-recipe.Hue, recipe.Hue) : null,
        ];
        foreach (var i in order)
            if (arguments[i] is { } argument)
                yield return new PixelOperation(_jittered[i], argument);

        double? Factor(double strength) => strength > 0 ? random.NextDouble(Math.Max(0, 1 - strength), 1 + strength) : null;
    }

    /// <summary>One of three changes, with equal chances.</summary>
    public static PixelOperation DrawThreeAugment(ImageRandom random) => random.NextInt32(3) switch
    {
        0 => new PixelOperation(PixelOperationKind.Grayscale),
        1 => new PixelOperation(PixelOperationKind.Solarize, SolarizedFrom),
        _ => new PixelOperation(PixelOperationKind.GaussianBlur, random.NextDouble(SmallestBlur, LargestBlur)),
    };
}
