using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>Images of about one shape, padded to one size, and the objects in them.</summary>
internal sealed class DetectionBatch : IBatch
{
    private float[] _pixels = [];
    private IReadOnlyList<AugmentedImage> _images = [];
    private ImageSize _padded;

    public IReadOnlyList<int> ImageNumbers { get; private set; } = [];

    /// <summary>The images' sizes without padding.</summary>
    public IReadOnlyList<ImageSize> Sizes => [.. _images.Select(image => SizeOf(image))];

    /// <summary>Puts other images into it.</summary>
    /// <param name="numbers">Their numbers in the data set.</param>
    /// <param name="images">The images.</param>
    /// <param name="divisor">Of what both sides are made multiples by zeros at the bottom and at the right.</param>
    /// <param name="levels">What each of the 256 levels of each channel becomes.</param>
    public void Fill(IReadOnlyList<int> numbers, IReadOnlyList<AugmentedImage> images, int divisor, float[] levels)
    {
        (ImageNumbers, _images) = (numbers, images);
        _padded = new ImageSize(images.Max(image => image.Image.Height), images.Max(image => image.Image.Width)).PaddedTo(divisor);
        var length = checked(_padded.Height * _padded.Width * RgbImage.Channels);
        if (_pixels.Length < images.Count * length)
            _pixels = new float[images.Count * length];
        Array.Clear(_pixels, 0, images.Count * length);
        foreach (var (slot, image) in images.Index())
            new PreparedPhoto(image.Image, default, _padded.Height, _padded.Width).Write(
                _pixels.AsSpan(slot * length, length), OnnxInputKind.PixelsNhwc, levels);
    }

    public (Tensor Images, IReadOnlyList<Tensor> Targets) ToTensors(Device device)
    {
        long count = _images.Count;
        var values = from_array(_pixels).narrow(0, 0, count * _padded.Height * _padded.Width * RgbImage.Channels);
        var images = values.view(count, _padded.Height, _padded.Width, RgbImage.Channels).permute(0, 3, 1, 2);
        return (images.to(device), TargetTensors.Write(_images));
    }

    private static ImageSize SizeOf(AugmentedImage image) => new(image.Image.Height, image.Image.Width);
}
