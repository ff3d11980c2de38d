namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>Images with the objects that are to be found in them.</summary>
/// <param name="dataset">The images.</param>
/// <param name="augmenter">What is made of them.</param>
/// <param name="options">How they come.</param>
internal sealed class DetectionBatches(DetectionDataset dataset, ImageAugmenter augmenter, PhotoBatchOptions options)
    : PhotoBatches<AugmentedImage>(dataset, options)
{
    protected override AugmentedImage Augment(int image, ImageRandom random)
    {
        using var lease = dataset.Rent(image);
        return augmenter.Apply(lease.Image, dataset.Marked(image), Another, random);
    }

    protected override void Fill(PaddedBatch batch, int[] numbers, AugmentedImage[] photos)
    {
        var size = new ImageSize(photos.Max(photo => photo.Image.Height), photos.Max(photo => photo.Image.Width));
        batch.Fill(
            numbers, [.. photos.Select(photo => photo.Image)], size.PaddedTo(Options.Divisor), Options.Levels,
            _ => TargetTensors.Write(photos)); // they stay on the CPU
    }

    private (RgbImage, MarkedImage) Another(ImageRandom random)
    {
        var image = dataset.Usable[random.NextInt32(dataset.Usable.Count)];
        return (dataset.Read(image), dataset.Marked(image));
    }
}
