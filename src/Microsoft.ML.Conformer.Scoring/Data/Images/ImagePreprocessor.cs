namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// Makes an image of any size into the network's input: the shorter side resized to the input size over the crop's fraction, the center
/// cut out, colors normalized. The one implementation for training, validation and scoring. Stateless and thread-safe.
/// </summary>
internal sealed class ImagePreprocessor
{
    /// <summary>The largest height and width of a network's input, in pixels.</summary>
    public const int MaxImageSize = 4096;

    private const int Channels = RgbImage.Channels;
    private const int Levels = byte.MaxValue + 1;

    /// <summary>The normalized value of each level of each channel, [3, 256].</summary>
    private readonly float[] _normalized;

    private readonly ImagePreprocessing _preprocessing;

    public ImagePreprocessor(int imageSize, ImagePreprocessing preprocessing)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        (_preprocessing, Kernel, _normalized) = (preprocessing, preprocessing.Kernel, NormalizedLevels(preprocessing));
        ImageSize = imageSize;
        ByteCount = checked(imageSize * imageSize * Channels);
    }

    /// <summary>Height and width S of the network's input in pixels.</summary>
    public int ImageSize { get; }

    /// <summary>The input's height and width in words.</summary>
    public string SizeText => $"{ImageSize} x {ImageSize} pixels";

    /// <summary>Bytes of a crop, and numbers of a normalized one: S * S * 3.</summary>
    public int ByteCount { get; }

    public ResamplingKernel Kernel { get; }

    public double CropFraction => _preprocessing.CropFraction;

    public int ShorterSide => _preprocessing.ShorterSide(ImageSize);

    /// <summary>Crops the center, [S, S, 3]. An image of SxS pixels is taken as it is: an earlier step has resized it.</summary>
    public void CenterCrop(RgbImage image, Span<byte> crop)
    {
        if (image.Width == ImageSize && image.Height == ImageSize)
            image.Pixels.AsSpan(0, ByteCount).CopyTo(crop);
        else
            Crop(image, CropPosition.Center, crop);
    }

    /// <summary>Resizes the shorter side to <see cref="ShorterSide"/> and cuts out [S, S, 3]; computes nothing outside.</summary>
    public void Crop(RgbImage image, CropPosition position, Span<byte> crop)
    {
        var scale = (double)ShorterSide / image.ShorterSide;
        var width = (int)Math.Round(image.Width * scale);
        var height = (int)Math.Round(image.Height * scale);
        var (right, bottom) = (width - ImageSize, height - ImageSize);
        var (left, top) = position switch
        {
            CropPosition.Center => (right / 2, bottom / 2),
            CropPosition.TopLeft => (0, 0),
            CropPosition.TopRight => (right, 0),
            CropPosition.BottomLeft => (0, bottom),
            CropPosition.BottomRight => (right, bottom),
            _ => throw new ArgumentOutOfRangeException(nameof(position), position, "There is no such crop."),
        };
        Resampler.Resize(image, SourceBox.All(image), width, height, Kernel, new OutputWindow(left, top, ImageSize, ImageSize), crop);
    }

    /// <summary>Normalizes the colors of a crop, [S, S, 3] bytes, and mirrors it left to right on request.</summary>
    public void Normalize(ReadOnlySpan<byte> crop, Span<float> destination, PixelLayout layout, bool flipHorizontally = false)
    {
        if (crop.Length < ByteCount || destination.Length < ByteCount)
            throw new ArgumentException(
                $"A crop of {crop.Length} bytes or a destination of {destination.Length} numbers is too short for " +
                $"{ImageSize}x{ImageSize} pixels.");

        var rowBytes = ImageSize * Channels;
        // Where the values of a pixel go: so far from one pixel, row and channel to the next.
        var (pixelStep, rowStep, channelStep) = layout == PixelLayout.Nhwc
            ? (Channels, rowBytes, 1)
            : (1, ImageSize, ImageSize * ImageSize);
        for (var y = 0; y < ImageSize; y++)
        {
            var row = crop.Slice(y * rowBytes, rowBytes);
            var target = flipHorizontally ? y * rowStep + (ImageSize - 1) * pixelStep : y * rowStep;
            var step = flipHorizontally ? -pixelStep : pixelStep;
            for (var x = 0; x < row.Length; x += Channels, target += step)
            {
                destination[target] = _normalized[row[x]];
                destination[target + channelStep] = _normalized[Levels + row[x + 1]];
                destination[target + 2 * channelStep] = _normalized[2 * Levels + row[x + 2]];
            }
        }
    }

    /// <inheritdoc cref="ImagePreprocessing.Denormalize"/>
    public void Denormalize(ReadOnlySpan<float> normalized, Span<byte> colors) => _preprocessing.Denormalize(normalized, colors);

    private static float[] NormalizedLevels(ImagePreprocessing preprocessing)
    {
        var levels = new float[Channels * Levels];
        for (var channel = 0; channel < Channels; channel++)
            for (var level = 0; level < Levels; level++)
                levels[channel * Levels + level] = (level / 255f - preprocessing.Mean[channel]) / preprocessing.Std[channel];
        return levels;
    }
}
