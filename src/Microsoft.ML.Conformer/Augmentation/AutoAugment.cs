using static Microsoft.ML.Conformer.Data.Images.Operations.PixelOperationKind;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>
/// Draws one of the 25 pairs of operations that were found for ImageNet (Cubuk et al., "AutoAugment: Learning Augmentation Policies from
/// Data", CVPR 2019, table 9), with torchvision's arguments.
/// </summary>
internal static class AutoAugment
{
    private const double MostMagnitude = 9;

    /// <summary>The pairs: what is done, with what chance, and a magnitude of 0-9 where the operation has one.</summary>
    public static IReadOnlyList<(Step First, Step Second)> Policies { get; } =
    [
        (new(Posterize, 0.4, 8), new(Rotate, 0.6, 9)),
        (new(Solarize, 0.6, 5), new(AutoContrast, 0.6)),
        (new(Equalize, 0.8), new(Equalize, 0.6)),
        (new(Posterize, 0.6, 7), new(Posterize, 0.6, 6)),
        (new(Equalize, 0.4), new(Solarize, 0.2, 4)),
        (new(Equalize, 0.4), new(Rotate, 0.8, 8)),
        (new(Solarize, 0.6, 3), new(Equalize, 0.6)),
        (new(Posterize, 0.8, 5), new(Equalize, 1)),
        (new(Rotate, 0.2, 3), new(Solarize, 0.6, 8)),
        (new(Equalize, 0.6), new(Posterize, 0.4, 6)),
        (new(Rotate, 0.8, 8), new(Color, 0.4, 0)),
        (new(Rotate, 0.4, 9), new(Equalize, 0.6)),
        (new(Equalize, 0), new(Equalize, 0.8)),
        (new(Invert, 0.6), new(Equalize, 1)),
        (new(Color, 0.6, 4), new(Contrast, 1, 8)),
        (new(Rotate, 0.8, 8), new(Color, 1, 2)),
        (new(Color, 0.8, 8), new(Solarize, 0.8, 7)),
        (new(PixelOperationKind.Sharpness, 0.4, 7), new(Invert, 0.6)),
        (new(ShearX, 0.6, 5), new(Equalize, 1)),
        (new(Color, 0.4, 0), new(Equalize, 0.6)),
        (new(Equalize, 0.4), new(Solarize, 0.2, 4)),
        (new(Solarize, 0.6, 5), new(AutoContrast, 0.6)),
        (new(Invert, 0.6), new(Equalize, 1)),
        (new(Color, 0.6, 4), new(Contrast, 1, 8)),
        (new(Equalize, 0.8), new(Equalize, 0.6)),
    ];

    public static IEnumerable<PixelOperation> Draw(ImageRandom random)
    {
        var (first, second) = Policies[random.NextInt32(Policies.Count)];
        foreach (var step in (Step[])[first, second])
        {
            if (random.NextDouble() >= step.Chance)
                continue;
            var isNegative = RandAugment.IsSigned(step.Kind) && random.NextDouble() < 0.5;
            yield return new PixelOperation(step.Kind, Argument(step, isNegative ? -1 : 1));
        }
    }

    /// <summary>A step's argument, with a sign of -1 or 1 where the operation has two directions.</summary>
    public static double Argument(Step step, int sign)
    {
        var level = step.Magnitude / MostMagnitude;
        return step.Kind switch
        {
            Posterize => 8 - Math.Round(level * 4),
            Solarize => 255 * (1 - level),
            _ => RandAugment.SignedArgument(step.Kind, level, sign),
        };
    }

    public readonly record struct Step(PixelOperationKind Kind, double Chance, double Magnitude = 0);
}
