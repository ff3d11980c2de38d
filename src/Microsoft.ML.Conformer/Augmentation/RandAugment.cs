namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>
/// Draws operations (Cubuk et al., "RandAugment", 2020) with the arguments of timm's "increasing" set: stronger with the magnitude.
/// </summary>
internal static class RandAugment
{
    private const double MostMagnitude = 10;

    /// <summary>The operations that one is drawn from, in timm's order.</summary>
    public static IReadOnlyList<PixelOperationKind> Kinds { get; } =
    [
        PixelOperationKind.AutoContrast, PixelOperationKind.Equalize, PixelOperationKind.Invert, PixelOperationKind.Rotate,
        PixelOperationKind.Posterize, PixelOperationKind.Solarize, PixelOperationKind.SolarizeAdd, PixelOperationKind.Color,
        PixelOperationKind.Contrast, PixelOperationKind.Brightness, PixelOperationKind.Sharpness, PixelOperationKind.ShearX,
        PixelOperationKind.ShearY, PixelOperationKind.TranslateX, PixelOperationKind.TranslateY,
    ];

    public static IEnumerable<PixelOperation> Draw(RandAugmentRecipe recipe, ImageRandom random)
    {
        var kinds = new PixelOperationKind[recipe.Operations];
        for (var i = 0; i < kinds.Length; i++)
            kinds[i] = Kinds[random.NextInt32(Kinds.Count)];
        foreach (var kind in kinds)
        {
            if (random.NextDouble() > recipe.Probability)
                continue;
            var magnitude = recipe.Magnitude;
            if (recipe.MagnitudeDeviation > 0)
                magnitude = Math.Clamp(magnitude + recipe.MagnitudeDeviation * random.NextNormal(), 0, MostMagnitude);
            var isNegative = IsSigned(kind) && random.NextDouble() > 0.5;
            yield return new PixelOperation(kind, Argument(kind, magnitude, isNegative ? -1 : 1));
        }
    }

    /// <summary>An operation's argument at a magnitude of 0-10, with a sign of -1 or 1 where the operation has two directions.</summary>
    public static double Argument(PixelOperationKind kind, double magnitude, int sign)
    {
        var level = magnitude / MostMagnitude;
        return kind switch
        {
            PixelOperationKind.Posterize => 4 - (int)(level * 4),
            PixelOperationKind.Solarize => 256 - (int)(level * 256),
            PixelOperationKind.SolarizeAdd => (int)(level * 110),
            _ => SignedArgument(kind, level, sign),
        };
    }

    /// <summary>The argument, at a level of 0-1 of its most, of an operation with two directions; 0 for one that takes none.</summary>
    public static double SignedArgument(PixelOperationKind kind, double level, int sign) => kind switch
    {
        PixelOperationKind.Rotate => sign * (level * 30),
        PixelOperationKind.Color or PixelOperationKind.Contrast or PixelOperationKind.Brightness or PixelOperationKind.Sharpness =>
            1 + sign * (level * 0.9),
        PixelOperationKind.ShearX or PixelOperationKind.ShearY => sign * (level * 0.3),
        PixelOperationKind.TranslateX or PixelOperationKind.TranslateY => sign * (level * 0.45),
        _ => 0,
    };

    /// <summary>Whether the operation goes in one of two directions, drawn by chance.</summary>
    public static bool IsSigned(PixelOperationKind kind) => kind is
        not (PixelOperationKind.AutoContrast or PixelOperationKind.Equalize or PixelOperationKind.Invert
            or PixelOperationKind.Posterize or PixelOperationKind.Solarize or PixelOperationKind.SolarizeAdd);
}
