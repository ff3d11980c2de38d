namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class AugmentationRecipeTests
{
    private static readonly AugmentationRecipe _full = new()
    {
        CropAreaMin = 0.08,
        RotationDegrees = 15,
        RandAugment = new() { Magnitude = 7 },
        ColorJitter = new() { Hue = 0.1 },
        RandomErasing = new() { BeforeNormalization = true },
        MixupAlpha = 0.8,
        CutMixAlpha = 1,
        MixPartner = MixPartner.Permuted,
        RepeatedAugmentation = 3,
    };

    [TestMethod]
    public void DefaultsAreInRange()
    {
        Assert.AreEqual("", string.Join(" ", new AugmentationRecipe().Faults()));
        Assert.AreEqual("", string.Join(" ", _full.Faults()));
        Assert.AreEqual("", string.Join(" ", new AugmentationRecipe { ThreeAugment = true }.Faults()));
    }

    [TestMethod]
    public void AllFaultsAreReportedAtOnce()
    {
        var recipe = new AugmentationRecipe
        {
            CropAreaMin = 0,
            CropAspectMin = double.NaN,
            HorizontalFlipProbability = 1.5,
            RotationDegrees = 181,
            ThreeAugment = true,
            AutoAugment = true,
            RandAugment = new() { Operations = 0, Probability = -1, Magnitude = 11, MagnitudeDeviation = -0.5 },
            ColorJitter = new() { Brightness = -1, Contrast = double.PositiveInfinity, Saturation = double.NaN, Hue = 0.6 },
            RandomErasing = new() { Probability = 2, MinArea = 0.5, MaxArea = 0.4, MinAspect = 2 },
            MixupAlpha = -1,
            CutMixAlpha = double.NaN,
            MixProbability = 2,
            CutMixProbability = -1,
            MixPartner = (MixPartner)9,
            RepeatedAugmentation = 0,
        };

        var faults = string.Join(" ", recipe.Faults());

        foreach (var fault in new[]
        {
            "CropAreaMin is 0; it must be above 0 and at most 1.", "CropAspectMin is NaN",
            "HorizontalFlipProbability is 1.5; it must be 0-1.", "RotationDegrees is 181; it must be 0-180.",
            "ThreeAugment and AutoAugment and RandAugment are all set; choose one.",
            "RandAugment.Operations is 0; it must be 1-100.", "RandAugment.Probability is -1",
            "RandAugment.Magnitude is 11; it must be 0-10.", "RandAugment.MagnitudeDeviation is -0.5; it must be at least 0.",
            "ColorJitter.Brightness is -1",
            "ColorJitter.Contrast is Infinity", "ColorJitter.Saturation is NaN", "ColorJitter.Hue is 0.6; it must be 0-0.5.",
            "RandomErasing.Probability is 2",
            "RandomErasing.MaxArea is 0.4; it must be MinArea (0.5) to 1.", "RandomErasing.MinAspect is 2",
            "MixupAlpha is -1", "CutMixAlpha is NaN", "MixProbability is 2", "CutMixProbability is -1", "MixPartner is 9",
            "RepeatedAugmentation is 0; it must be at least 1.",
        })
            StringAssert.Contains(faults, fault);
        StringAssert.Contains(string.Join(" ", new AugmentationRecipe { CropAreaMax = 0.2 }.Faults()), "CropAreaMax is 0.2");
        StringAssert.Contains(string.Join(" ", new AugmentationRecipe { CropAspectMax = 0.2 }.Faults()), "CropAspectMax is 0.2");
    }
}
