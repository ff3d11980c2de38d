namespace Microsoft.ML.Conformer.Detection.Augmentation;

/// <summary>
/// Makes of a photo and its label map what a network for segmentation is trained with in an epoch (mmsegmentation's RandomResize,
/// RandomCrop and RandomFlip): all of it follows from the random numbers.
/// </summary>
/// <param name="options">What is changed.</param>
/// <param name="preprocessing">To what size photos are brought when they are scored.</param>
/// <param name="cropSize">The most pixels of either side.</param>
internal sealed class SegmentationAugmenter(SegmentationAugmentation options, DetectorPreprocessing preprocessing, int cropSize)
{
    private const int MostCrops = 11;

    public int CropSize => cropSize;

    /// <param name="image">The pixels as they came.</param>
    /// <param name="labels">The class of each of them.</param>
    /// <param name="random">The image's random numbers in the epoch.</param>
    public SegmentedPhoto Apply(RgbImage image, LabelMap labels, ImageRandom random)
    {
        var (source, scale) = (new ImageSize(image.Height, image.Width), random.NextDouble(options.SmallestScale, options.LargestScale));
        var resized = preprocessing.SizeOf(source.Height, source.Width, scale).NewSize;
        var isMirrored = random.NextDouble() < options.FlipProbability;
        var canvas = new ImageSize(Math.Min(cropSize, resized.Height), Math.Min(cropSize, resized.Width));
        var (placement, crop) = Draw();
        for (var tried = 1; tried < MostCrops && !IsVaried(crop); tried++)
            (placement, crop) = Draw();
        var photo = new RgbImage(canvas.Width, canvas.Height, new byte[checked(canvas.Width * canvas.Height * RgbImage.Channels)]);
        placement.Draw(image, photo);
        RandomColors.Apply(photo, options.Colors, random);
        return new SegmentedPhoto(photo, crop);

        (Placement, LabelMap) Draw()
        {
            var (left, top) = (-random.NextInt32(resized.Width - canvas.Width + 1), -random.NextInt32(resized.Height - canvas.Height + 1));
            var drawn = new Placement(source, resized, isMirrored, left, top, canvas);
            return (drawn, drawn.Of(labels));
        }
    }

    /// <summary>Whether it has two classes, and none too often.</summary>
    private bool IsVaried(LabelMap crop)
    {
        if (options.MaxClassShare >= 1)
            return true;
        var counts = new int[byte.MaxValue + 1];
        foreach (var value in crop.Values)
            counts[value]++;
        counts[SegmentationCounts.Ignored] = 0;
        return counts.Count(count => count > 0) > 1 && counts.Max() < options.MaxClassShare * counts.Sum();
    }
}
