using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>Images with the class of each pixel, all cut or padded to one size.</summary>
/// <param name="dataset">The images.</param>
/// <param name="augmenter">What is made of them.</param>
/// <param name="options">How they come.</param>
internal sealed class SegmentationBatches(SegmentationDataset dataset, SegmentationAugmenter augmenter, PhotoBatchOptions options)
    : PhotoBatches<SegmentedPhoto>(dataset, options)
{
    private readonly ImageSize _size = new(augmenter.CropSize, augmenter.CropSize);

    protected override SegmentedPhoto Augment(int image, ImageRandom random)
    {
        using var lease = dataset.Rent(image);
        return augmenter.Apply(lease.Image, dataset.LabelsOf(image), random);
    }

    protected override void Fill(PaddedBatch batch, int[] numbers, SegmentedPhoto[] photos) => batch.Fill(
        numbers, [.. photos.Select(photo => photo.Image)], _size, Options.Levels, device => [Labels(photos).to(device)]);

    /// <summary>Bytes, [N, size, size]; no class where images are padded.</summary>
    private Tensor Labels(SegmentedPhoto[] photos)
    {
        var (side, length) = (_size.Width, _size.Height * _size.Width);
        var labels = new byte[photos.Length * length];
        Array.Fill(labels, (byte)SegmentationCounts.Ignored);
        foreach (var (slot, photo) in photos.Index())
            for (var y = 0; y < photo.Labels.Height; y++)
                photo.Labels.Values.AsSpan(y * photo.Labels.Width, photo.Labels.Width).CopyTo(labels.AsSpan(slot * length + y * side));
        return tensor(labels, [photos.Length, _size.Height, side]);
    }
}
