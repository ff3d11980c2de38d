using System.Buffers;
using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Conformer.Onnx;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// Makes images into what a graph's input "image" holds. The resizing and cropping is the same for every kind of input. Stateless and
/// thread-safe.
/// </summary>
/// <param name="imageSize">Height and width S in pixels.</param>
/// <param name="kind">What the input holds.</param>
internal sealed class NetworkInput(int imageSize, OnnxInputKind kind)
{
    private readonly ImagePreprocessor _preprocessor = new(imageSize);

    /// <summary>Height and width S of the images, in pixels.</summary>
    public int ImageSize => imageSize;

    /// <summary>Number of floats of one image: 3 x S x S.</summary>
    public int Length => _preprocessor.ByteCount;

    private bool ChannelsLast => kind == OnnxInputKind.PixelsNhwc;

    /// <summary>The input's shape for a number of images.</summary>
    public long[] Shape(int count) =>
        ChannelsLast ? [count, imageSize, imageSize, RgbImage.Channels] : [count, RgbImage.Channels, imageSize, imageSize];

    /// <summary>Resizes and crops an image, and writes its values.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="destination">[3, S, S] or [S, S, 3].</param>
    public void Write(RgbImage image, Span<float> destination)
    {
        if (kind == OnnxInputKind.NormalizedNchw)
        {
            _preprocessor.Preprocess(image, destination, PixelLayout.Nchw);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(Length);
        var crop = rented.AsSpan(0, Length);
        _preprocessor.CenterCrop(image, crop);
        var (pixelStep, channelStep) = ChannelsLast ? (RgbImage.Channels, 1) : (1, imageSize * imageSize);
        for (var pixel = 0; pixel < imageSize * imageSize; pixel++)
            for (var channel = 0; channel < RgbImage.Channels; channel++)
                destination[pixel * pixelStep + channel * channelStep] = crop[pixel * RgbImage.Channels + channel];
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Mirrors images left to right, in place.</summary>
    /// <param name="images">[N, 3, S, S] or [N, S, S, 3], as <see cref="Write"/> makes them.</param>
    public void Mirror(Span<float> images)
    {
        var rowLength = ChannelsLast ? imageSize * RgbImage.Channels : imageSize;
        for (; images.Length > 0; images = images[rowLength..])
        {
            var row = images[..rowLength];
            row.Reverse();
            if (!ChannelsLast)
                continue;
            for (; row.Length > 0; row = row[RgbImage.Channels..])
                row[..RgbImage.Channels].Reverse(); // back to RGB
        }
    }
}
