using System.Buffers;
using System.Numerics.Tensors;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>
/// An image as a file holds it: JPEG, PNG, WebP, GIF or BMP. Of an animation its first frame counts. Its size is known before anything is
/// decoded, and its pixels come upright, as its EXIF orientation says.
/// </summary>
internal sealed class EncodedImage : IDisposable
{
    private const int MaxFileBytes = 1 << 28;

    private static readonly byte[] _endOfJpeg = [0xFF, 0xD9];

    /// <summary>Below, the brightest of 16 bits uses at most 14 of them.</summary>
    private const byte DarkestMax = 64;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ImageDecoding _options;
    private readonly JpegState? _jpeg;
    private readonly OpenFile _file;

    /// <summary>Reads the header.</summary>
    /// <param name="bytes">The whole file; it must not change before this is disposed.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="looksAtPixels">Whether the pixels' completeness matters, which takes some of decoding's time.</param>
    /// <exception cref="InvalidDataException">It is no such image, or has too many pixels.</exception>
    public EncodedImage(ReadOnlyMemory<byte> bytes, ImageDecoding options, bool looksAtPixels = true)
    {
        // Skia takes all text of a PNG and all application data of a JPEG apart, which may be made to take gigabytes and minutes.
        if (JpegScans.HasTooManySegments(bytes.Span))
            throw new InvalidDataException("It has thousands of application segments, which no camera writes. Save it anew.");
        (_bytes, _options) = (PngChunks.WithoutText(bytes), options);
        _file = new OpenFile(_bytes);
        try
        {
            options.ThrowIfTooLarge(Codec.Info.Width, Codec.Info.Height);
            var isJpeg = Codec.EncodedFormat == SKEncodedImageFormat.Jpeg;
            _jpeg = looksAtPixels && isJpeg ? JpegScans.Check(bytes.Span) : null;
            // Skia refuses a progressive JPEG that lacks no more than its end, and so no pixels.
            if (isJpeg && _jpeg != JpegState.Complete && !bytes.Span.EndsWith(_endOfJpeg))
            {
                _file.Dispose();
                _bytes = (byte[])[.. bytes.Span, .. _endOfJpeg];
                _file = new OpenFile(_bytes);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
        Orientation = Codec.EncodedFormat == SKEncodedImageFormat.Png ? PngMetadata.Orientation(bytes.Span) : Codec.EncodedOrigin;
    }

    /// <summary>What its content is, whatever the file is called.</summary>
    public SKEncodedImageFormat Format => Codec.EncodedFormat;

    /// <summary>How to turn the image upright.</summary>
    public SKEncodedOrigin Orientation { get; }

    /// <summary>Width and height of the upright image in pixels.</summary>
    public (int Width, int Height) Size =>
        ImageOrientation.SwapsSides(Orientation) ? (Codec.Info.Height, Codec.Info.Width) : (Codec.Info.Width, Codec.Info.Height);

    private SKCodec Codec => _file.Codec;

    /// <summary>Reads the size from the file's header; no pixels are allocated. Files that are no images pass.</summary>
    public static void ThrowIfTooLarge(string path, ImageDecoding options)
    {
        using var codec = SKCodec.Create(path);
        if (codec is not null)
            options.ThrowIfTooLarge(codec.Info.Width, codec.Info.Height);
    }

    /// <summary>A file's contents.</summary>
    /// <exception cref="InvalidDataException">The file is empty or too large, or no file but a pipe or device.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static byte[] ReadFile(string path)
    {
        var file = PlainFile.Target(path);
        if (!(file.Exists && file.Length > 0) && PlainFile.OtherKind(path) is { } kind) // a pipe would be waited for
            throw new InvalidDataException($"It is {kind}, not a file.");
        if (file.Exists && file.Length is 0 or > MaxFileBytes)
            throw new InvalidDataException(file.Length == 0 ? "It is empty."
                : $"It has {file.Length} bytes; at most {MaxFileBytes} are read.");
        return File.ReadAllBytes(path);
    }

    /// <summary>Decodes the pixels.</summary>
    /// <param name="leastSide">
    /// What is needed of the shorter side: a JPEG is decoded at the smallest of its eighths that has it, in less time. Default: all pixels.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The image is damaged, or a part of its pixels is missing, and that is not tolerated.
    /// </exception>
    public RgbImage Decode(int leastSide = int.MaxValue)
    {
        ThrowIf(_jpeg);
        using var memory = DecodingMemory.Take((long)Codec.Info.Width * Codec.Info.Height);
        var image = DecodeBySkia(Scaled(leastSide), out var isWhole);
        if (isWhole && Png16.CanRead(_bytes.Span) && TensorPrimitives.Max<byte>(image.Pixels) < DarkestMax)
            Png16.Decode(_bytes.Span, image);
        return ImageOrientation.Upright(image, Orientation);
    }

    /// <summary>
    /// Looks for damage as <see cref="Decode(int)"/> does, for pixels that another decoder made of the file: where its format tells that
    /// it is complete, without decoding it again.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The image is damaged, or a part of its pixels is missing, and that is not tolerated.
    /// </exception>
    public void ThrowIfDamaged()
    {
        ThrowIf(_jpeg);
        if (_jpeg is null && !ImageFileEnd.IsInPlace(_bytes.Span))
            Decode();
    }

    public void Dispose() => _file.Dispose();

    private RgbImage DecodeBySkia(SKSizeI size, out bool isWhole)
    {
        var alpha = Codec.Info.IsOpaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
        using var pixels = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, alpha));
        var result = Codec.GetPixels(pixels.Info, pixels.GetPixels());
        ThrowIf(result);
        isWhole = result == SKCodecResult.Success;
        var background = Codec.Info.IsOpaque ? ImageBackground.Black : _options.Background;
        return RgbImage.FromPixels(pixels.GetPixelSpan(), size.Width, size.Height, redFirst: true, background);
    }

    private SKSizeI Scaled(int leastSide)
    {
        var full = Codec.Info.Size;
        const int eighths = 8;
        for (var scale = 1; scale < eighths && Codec.EncodedFormat == SKEncodedImageFormat.Jpeg; scale++)
            if (Codec.GetScaledDimensions(scale / (float)eighths) is var size && Math.Min(size.Width, size.Height) >= leastSide)
                return size;
        return full;
    }

    private void ThrowIf(JpegState? state)
    {
        if (state is JpegState.Truncated && !_options.TolerateTruncated)
            ThrowTruncated();
        if (state is JpegState.Damaged && !_options.TolerateTruncated)
            ThrowDamaged();
    }

    private void ThrowIf(SKCodecResult result)
    {
        if (result == SKCodecResult.IncompleteInput && !_options.TolerateTruncated)
            ThrowTruncated();
        if (result != SKCodecResult.Success && !(_options.TolerateTruncated
            && result is SKCodecResult.IncompleteInput or SKCodecResult.ErrorInInput))
            ThrowDamaged();
    }

    private static void ThrowTruncated() => throw new InvalidDataException("It is truncated: a part of its pixels is missing.");

    private static void ThrowDamaged() => throw new InvalidDataException("It is damaged: its pixels cannot be decoded.");

    /// <summary>Bytes that Skia reads, which it does without a copy.</summary>
    private sealed class OpenFile : IDisposable
    {
        private MemoryHandle _pin;
        private readonly SKData _data;

        public unsafe OpenFile(ReadOnlyMemory<byte> bytes)
        {
            _pin = bytes.Pin();
            _data = SKData.Create((nint)_pin.Pointer, bytes.Length);
            var codec = SKCodec.Create(new SKMemoryStream(_data), out var result);
            if (codec?.EncodedFormat is SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp
                or SKEncodedImageFormat.Gif or SKEncodedImageFormat.Bmp)
            {
                Codec = codec;
                return;
            }
            codec?.Dispose();
            _data.Dispose();
            _pin.Dispose();
            var foreign = ForeignFormat.NameOf(bytes.Span);
            throw new InvalidDataException(foreign is null && codec is null && result != SKCodecResult.Unimplemented
                ? "It is damaged or truncated: its header cannot be read."
                : $"It is {(foreign is null ? "" : $"{foreign}, ")}not a JPEG, PNG, WebP, GIF or BMP image.");
        }

        public SKCodec Codec { get; }

        public void Dispose()
        {
            Codec.Dispose();
            _data.Dispose();
            _pin.Dispose();
        }
    }
}
