namespace Microsoft.ML.Conformer.Detection.Augmentation;

/// <summary>Changes a photo's colors at random.</summary>
internal static class RandomColors
{
    /// <param name="photo">Is changed in place.</param>
    /// <param name="recipe">How; null for not at all.</param>
    /// <param name="random">Draws the changes.</param>
    public static void Apply(RgbImage photo, ColorJitterRecipe? recipe, ImageRandom random)
    {
        if (recipe is null)
            return;
        var pixels = new PixelSpan(photo.Pixels.AsSpan(0, photo.ByteCount), photo.Width, photo.Height);
        foreach (var operation in ColorChanges.DrawJitter(recipe, random))
            operation.Apply(pixels, default);
    }
}
