using System.Reflection;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Data;

/// <summary>Decoding, encoding and pixel memory, through the native library <c>mlimage</c>.</summary>
internal static unsafe partial class ImageCodec
{
    private const string Library = "mlimage";

    private enum Status
    {
        Ok = 0,
        Invalid = 1,
        TooLarge = 2,
        Unsupported = 3,
    }

    static ImageCodec() => NativeLibrary.SetDllImportResolver(typeof(ImageCodec).Assembly, Resolve);

    /// <summary>
    /// Decodes <paramref name="file"/>. <paramref name="pixels"/> is null when it is not an image or its data are wrong. A file that
    /// ends early gives the rows that it holds, the others zero.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="pixels">RGBA, alpha premultiplied.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="gray">Whether the file holds gray values only.</param>
    /// <exception cref="Exception">The pixels would not fit into memory.</exception>
    /// <exception cref="NotSupportedException">A GIF or BMP file.</exception>
    public static void Decode(ReadOnlySpan<byte> file, out PixelMemory pixels, out int width, out int height, out bool gray)
    {
        DecodedImage image;
        Status status;
        fixed (byte* data = file)
            status = DecodeFile(data, (nuint)file.Length, &image);

        width = image.Width;
        height = image.Height;
        gray = image.Gray != 0;
        pixels = status switch
        {
            Status.Ok => new PixelMemory(image.Pixels, width * height * 4),
            // SkiaSharp throws this very type and text.
            Status.TooLarge => throw new Exception("Unable to allocate pixels for the bitmap."),
            Status.Unsupported => throw new NotSupportedException(
                "GIF and BMP files are decoded by the real package Microsoft.ML.ImageAnalytics only; this stand-in for it decodes " +
                "JPEG, PNG and WebP. Convert the file, or restore from a feed that has the real package."),
            _ => null,
        };
    }

    /// <summary>Zeroed pixels.</summary>
    /// <exception cref="Exception">They would not fit into memory.</exception>
    public static PixelMemory Allocate(int width, int height)
    {
        var pixels = NewPixels(width, height);
        return pixels != IntPtr.Zero
            ? new PixelMemory(pixels, width * height * 4)
            : throw new Exception("Unable to allocate pixels for the bitmap.");
    }

    /// <summary>Encodes pixels that are not premultiplied as a PNG file.</summary>
    public static byte[] EncodePng(ReadOnlySpan<byte> pixels, int width, int height, bool bgra) =>
        Encode(pixels, width, height, bgra, &EncodePngFile);

    /// <summary>Encodes pixels, whose alpha is ignored, as a JPEG file of quality 100.</summary>
    public static byte[] EncodeJpeg(ReadOnlySpan<byte> pixels, int width, int height, bool bgra) =>
        Encode(pixels, width, height, bgra, &EncodeJpegFile);

    [LibraryImport(Library, EntryPoint = "mlimage_free")]
    public static partial void Free(IntPtr memory);

    private static byte[] Encode(
        ReadOnlySpan<byte> pixels, int width, int height, bool bgra, delegate*<byte*, int, int, int, IntPtr*, nuint*, void> encode)
    {
        IntPtr encoded;
        nuint size;
        fixed (byte* data = pixels)
            encode(data, width, height, bgra ? 1 : 0, &encoded, &size);
        try
        {
            return encoded == IntPtr.Zero ? null : new ReadOnlySpan<byte>((void*)encoded, checked((int)size)).ToArray();
        }
        finally
        {
            Free(encoded);
        }
    }

    /// <summary>Looks beside the application as well, where a build (in contrast to a package) puts the library.</summary>
    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library)
            return IntPtr.Zero;
        var file = $"lib{Library}.so";
        return NativeLibrary.TryLoad(name, assembly, searchPath, out var handle)
            || NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, file), out handle)
            || NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", file), out handle)
            ? handle
            : IntPtr.Zero;
    }

    [LibraryImport(Library, EntryPoint = "mlimage_decode")]
    private static partial Status DecodeFile(byte* data, nuint size, DecodedImage* image);

    [LibraryImport(Library, EntryPoint = "mlimage_new")]
    private static partial IntPtr NewPixels(int width, int height);

    [LibraryImport(Library, EntryPoint = "mlimage_encode_png")]
    private static partial void EncodePngFile(byte* pixels, int width, int height, int bgra, IntPtr* encoded, nuint* size);

    [LibraryImport(Library, EntryPoint = "mlimage_encode_jpeg")]
    private static partial void EncodeJpegFile(byte* pixels, int width, int height, int bgra, IntPtr* encoded, nuint* size);

    [StructLayout(LayoutKind.Sequential)]
    private struct DecodedImage
    {
        public int Width;
        public int Height;
        public int Gray;
        public IntPtr Pixels;
    }
}
