using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>Photos padded to one size, and what a network is trained toward on them.</summary>
internal sealed class PaddedBatch : IBatch
{
    private float[] _pixels = [];
    private ImageSize _padded;
    private Func<Device, IReadOnlyList<Tensor>> _targets = _ => [];

    public IReadOnlyList<int> ImageNumbers { get; private set; } = [];

    /// <summary>The photos' sizes without padding.</summary>
    public IReadOnlyList<ImageSize> Sizes { get; private set; } = [];

    /// <summary>Puts other photos into it.</summary>
    /// <param name="numbers">Their numbers in the data set.</param>
    /// <param name="photos">The photos.</param>
    /// <param name="padded">The size that they get by zeros at the bottom and at the right.</param>
    /// <param name="levels">What each of the 256 levels of each channel becomes.</param>
    /// <param name="targets">Makes the targets, each with N first; null (default) for none.</param>
    public void Fill(IReadOnlyList<int> numbers, IReadOnlyList<RgbImage> photos, ImageSize padded, float[] levels,
        Func<Device, IReadOnlyList<Tensor>>? targets = null)
    {
        (ImageNumbers, _padded, _targets) = (numbers, padded, targets ?? (_ => []));
        Sizes = [.. photos.Select(photo => new ImageSize(photo.Height, photo.Width))];
        var length = checked(padded.Height * padded.Width * RgbImage.Channels);
        if (_pixels.Length < photos.Count * length)
            _pixels = new float[photos.Count * length];
        Array.Clear(_pixels, 0, photos.Count * length);
        foreach (var (slot, photo) in photos.Index())
            new PreparedPhoto(photo, default, padded.Height, padded.Width).Write(
                _pixels.AsSpan(slot * length, length), OnnxInputKind.PixelsNhwc, levels);
    }

    public (Tensor Images, IReadOnlyList<Tensor> Targets) ToTensors(Device device)
    {
        long count = Sizes.Count;
        var values = from_array(_pixels).narrow(0, 0, count * _padded.Height * _padded.Width * RgbImage.Channels);
        var images = values.view(count, _padded.Height, _padded.Width, RgbImage.Channels).permute(0, 3, 1, 2);
        return (images.to(device), _targets(device));
    }
}
