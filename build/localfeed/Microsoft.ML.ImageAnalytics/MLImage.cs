namespace Microsoft.ML.Data;

/// <summary>
/// An image in memory: 32 bits per pixel, alpha premultiplied, no EXIF orientation applied. It owns native memory: dispose it.
/// Every member but <see cref="Dispose"/> throws <see cref="InvalidOperationException"/> afterwards.
/// </summary>
public sealed class MLImage : IDisposable
{
    private readonly int _width;
    private readonly int _height;
    private readonly MLPixelFormat _pixelFormat;
    private PixelMemory _pixels;
    private string _tag;

    private MLImage(PixelMemory pixels, int width, int height, MLPixelFormat pixelFormat)
    {
        _pixels = pixels;
        _width = width;
        _height = height;
        _pixelFormat = pixelFormat;
    }

    /// <summary>Rgba32 on Linux; Bgra32 for files that hold gray values only.</summary>
    public MLPixelFormat PixelFormat
    {
        get
        {
            ThrowIfDisposed();
            return _pixelFormat;
        }
    }

    /// <summary>The pixels, row by row, 4 bytes each. Valid until <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Pixels
    {
        get
        {
            ThrowIfDisposed();
            return _pixels.Span;
        }
    }

    /// <summary>A copy of the pixels as blue, green, red, not premultiplied.</summary>
    public byte[] GetBGRPixels
    {
        get
        {
            var source = Unpremultiplied();
            var bgr = new byte[checked(_width * _height * 3)];
            var (red, blue) = _pixelFormat == MLPixelFormat.Bgra32 ? (2, 0) : (0, 2);
            for (int from = 0, to = 0; to < bgr.Length; from += 4, to += 3)
            {
                bgr[to] = source[from + blue];
                bgr[to + 1] = source[from + 1];
                bgr[to + 2] = source[from + red];
            }

            return bgr;
        }
    }

    /// <summary>Anything the caller wants to attach; LoadImages puts the file's path here.</summary>
    public string Tag
    {
        get
        {
            ThrowIfDisposed();
            return _tag;
        }

        set
        {
            ThrowIfDisposed();
            _tag = value;
        }
    }

    /// <summary>The width in pixels.</summary>
    public int Width
    {
        get
        {
            ThrowIfDisposed();
            return _width;
        }
    }

    /// <summary>The height in pixels.</summary>
    public int Height
    {
        get
        {
            ThrowIfDisposed();
            return _height;
        }
    }

    /// <summary>Always 32.</summary>
    public int BitsPerPixel
    {
        get
        {
            ThrowIfDisposed();
            return 32;
        }
    }

    /// <summary>Decodes an image file from a stream, which is closed.</summary>
    /// <exception cref="ArgumentException">The contents are not an image that can be decoded.</exception>
    public static MLImage CreateFromStream(Stream imageStream)
    {
        ArgumentNullException.ThrowIfNull(imageStream);
        using (imageStream)
        {
            using var copy = new MemoryStream();
            imageStream.CopyTo(copy);
            return Decode(copy.GetBuffer().AsSpan(0, (int)copy.Length))
                ?? throw new ArgumentException("Invalid input stream contents", nameof(imageStream));
        }
    }

    /// <summary>Decodes an image file.</summary>
    /// <exception cref="ArgumentException">The file is missing, unreadable or not an image that can be decoded.</exception>
    public static MLImage CreateFromFile(string imagePath)
    {
        ArgumentNullException.ThrowIfNull(imagePath);
        byte[] file;
        try
        {
            file = File.ReadAllBytes(imagePath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            file = [];
        }

        return Decode(file) ?? throw new ArgumentException("Invalid path", nameof(imagePath));
    }

    /// <summary>Copies pixels into a new image.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="pixelFormat">Rgba32 or Bgra32.</param>
    /// <param name="imagePixelData">width * height * 4 bytes, alpha premultiplied.</param>
    public static MLImage CreateFromPixels(int width, int height, MLPixelFormat pixelFormat, ReadOnlySpan<byte> imagePixelData)
    {
        if (pixelFormat != MLPixelFormat.Bgra32 && pixelFormat != MLPixelFormat.Rgba32)
            throw new ArgumentException("Unsupported pixel format", nameof(pixelFormat));
        if (width <= 0)
            throw new ArgumentException("Invalid width value.", nameof(width));
        if (height <= 0)
            throw new ArgumentException("Invalid height value.", nameof(height));
        if (imagePixelData.Length != (long)width * height * 4)
            throw new ArgumentException($"Invalid {nameof(imagePixelData)} buffer size.");

        var pixels = ImageCodec.Allocate(width, height);
        imagePixelData.CopyTo(pixels.Span);
        return new MLImage(pixels, width, height, pixelFormat);
    }

    /// <summary>Writes the image in the format that the path's extension names.</summary>
    /// <exception cref="ArgumentException">Not an image extension, or a format that is never written.</exception>
    public void Save(string imagePath)
    {
        ThrowIfDisposed();
        var extension = Path.GetExtension(imagePath);
        var bgra = _pixelFormat == MLPixelFormat.Bgra32;
        var file = extension?.ToLowerInvariant() switch
        {
            ".png" => ImageCodec.EncodePng(Unpremultiplied(), _width, _height, bgra),
            ".jpg" or ".jpeg" => ImageCodec.EncodeJpeg(_pixels.Span, _width, _height, bgra),
            ".webp" => throw new NotSupportedException(
                "WebP files are written by the real package Microsoft.ML.ImageAnalytics only; this stand-in for it writes PNG and JPEG."),
            ".bmp" or ".gif" or ".ico" or ".astc" or ".avif" or ".dng" or ".heif" or ".ktx" or ".pkm" or ".wbmp" => null,
            _ => throw new ArgumentException("Path has invalid image file extension.", nameof(imagePath)),
        };
        if (file is null)
        {
            throw new ArgumentException(
                $"Saving image with the format '{extension}' is not supported. Try save it with `Jpeg`, `Png`, or `Webp` format.",
                nameof(imagePath));
        }

        File.WriteAllBytes(imagePath, file);
    }

    /// <summary>Frees the pixels. Doing it again has no effect.</summary>
    public void Dispose()
    {
        _pixels?.Dispose();
        _pixels = null;
    }

    /// <summary>A resized copy, without the tag.</summary>
    internal MLImage CloneWithResizing(int width, int height, ImageResizeMode mode)
    {
        ThrowIfDisposed();
        var resized = ImageCodec.Allocate(width, height);
        var source = new PixelGrid(_pixels.Span, _width, _height);
        var target = new PixelGrid(resized.Span, width, height);
        if (mode == ImageResizeMode.Fill)
        {
            ImageResampling.Nearest(source, target);
            return new MLImage(resized, width, height, _pixelFormat);
        }

        var (x, y, fittedWidth, fittedHeight) = ImageResampling.Place(source, target, mode);
        ImageResampling.Mitchell(source, target, x, y, fittedWidth, fittedHeight);
        // Drawing goes to a bitmap of the platform's own format.
        if (_pixelFormat == MLPixelFormat.Bgra32)
            SwapRedAndBlue(resized.Span);
        return new MLImage(resized, width, height, MLPixelFormat.Rgba32);
    }

    private static MLImage Decode(ReadOnlySpan<byte> file)
    {
        ImageCodec.Decode(file, out var pixels, out var width, out var height, out var gray);
        // SkiaSharp decodes gray files to 8 bits, which the real MLImage then expands to Bgra32 on every platform.
        return pixels is null ? null : new MLImage(pixels, width, height, gray ? MLPixelFormat.Bgra32 : MLPixelFormat.Rgba32);
    }

    private static void SwapRedAndBlue(Span<byte> pixels)
    {
        for (var i = 0; i < pixels.Length; i += 4)
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
    }

    private byte[] Unpremultiplied()
    {
        ThrowIfDisposed();
        var pixels = _pixels.Span.ToArray();
        for (var i = 0; i < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha is 0 or 255)
                continue;
            for (var channel = i; channel < i + 3; channel++)
                pixels[channel] = (byte)Math.Min(255, ((pixels[channel] * 255) + (alpha / 2)) / alpha);
        }

        return pixels;
    }

    private void ThrowIfDisposed()
    {
        if (_pixels is null)
            throw new InvalidOperationException("Object is disposed.");
    }
}
