using System.Buffers;
using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>Makes images into what a graph's input holds; all kinds are resized and cropped alike. Stateless and thread-safe.</summary>
internal sealed class NetworkInput(int imageSize, ImagePreprocessing preprocessing, OnnxInputKind kind, bool fiveCrop = false)
{
    private static readonly CropPosition[] _fiveCrop = Enum.GetValues<CropPosition>();

    private readonly ImagePreprocessor _preprocessor = new(imageSize, preprocessing);

    /// <summary>Height and width of the images, in pixels.</summary>
    public int ImageSize => imageSize;

    /// <summary>Number of floats of one image: 3 x S x S.</summary>
    public int Length => _preprocessor.ByteCount;

    /// <summary>Images that the network sees of one row: 1, or 5 crops.</summary>
    public int ImagesPerRow => fiveCrop ? _fiveCrop.Length : 1;

    public int RowLength => checked(ImagesPerRow * Length);

    /// <summary>The type of the graph's input: bytes where it prepares photos by itself, which leaves a prepared one as it is.</summary>
    public TensorElementType ElementType => kind == OnnxInputKind.PhotosNhwc ? TensorElementType.UInt8 : TensorElementType.Float;

    private bool ChannelsLast => kind is OnnxInputKind.PixelsNhwc or OnnxInputKind.PhotosNhwc;

    public long[] Shape(int count) =>
        ChannelsLast ? [count, imageSize, imageSize, RgbImage.Channels] : [count, RgbImage.Channels, imageSize, imageSize];

    /// <summary>Resizes and crops a row's photo, and writes the values of its images: for each [3, S, S] or [S, S, 3].</summary>
    public void Write(RgbImage photo, Span<float> destination)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Length);
        var crop = rented.AsSpan(0, Length);
        for (var image = 0; image < ImagesPerRow; image++)
        {
            if (fiveCrop)
                _preprocessor.Crop(photo, _fiveCrop[image], crop);
            else
                _preprocessor.CenterCrop(photo, crop);
            WriteCrop(crop, destination.Slice(image * Length, Length));
        }
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>The center of a photo, resized to the network's size.</summary>
    public RgbImage Crop(RgbImage photo)
    {
        var crop = new byte[Length];
        _preprocessor.CenterCrop(photo, crop);
        return new RgbImage(imageSize, imageSize, crop);
    }

    /// <summary>Images as the graph's input; their memory must live as long as the result.</summary>
    public OrtValue ToTensor(Memory<float> images, int count)
    {
        if (ElementType == TensorElementType.Float)
            return OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, images, Shape(count));
        var bytes = new byte[images.Length];
        TensorPrimitives.ConvertTruncating<float, byte>(images.Span, bytes);
        return OrtValue.CreateTensorValueFromMemory(bytes, Shape(count));
    }

    /// <summary>Mirrors images, [N, 3, S, S] or [N, S, S, 3], left to right, in place.</summary>
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

    private void WriteCrop(ReadOnlySpan<byte> crop, Span<float> destination)
    {
        if (kind == OnnxInputKind.NormalizedNchw)
        {
            _preprocessor.Normalize(crop, destination, PixelLayout.Nchw);
            return;
        }
        var (pixelStep, channelStep) = ChannelsLast ? (RgbImage.Channels, 1) : (1, imageSize * imageSize);
        for (var pixel = 0; pixel < imageSize * imageSize; pixel++)
            for (var channel = 0; channel < RgbImage.Channels; channel++)
                destination[pixel * pixelStep + channel * channelStep] = crop[pixel * RgbImage.Channels + channel];
    }
}
