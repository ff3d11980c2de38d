using System.Buffers.Binary;
using System.IO.Hashing;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>Looks at one image file after the other. Thread-safe.</summary>
internal sealed class ImageProbe(ImageCheckOptions options)
{
    /// <summary>Pixels of the shorter side that are enough to tell what an image looks like.</summary>
    private const int LeastSide = 64;

    /// <summary>Of larger files one at a time is looked at, as many at once might not fit into memory.</summary>
    private const long LargeBytes = 64 << 20;

    private const string HintOn16Bits = " It has 16 bits a value, of which it uses few: scale its values to 65,535.";

    private static readonly Dictionary<SKEncodedImageFormat, string[]> _extensions = new()
    {
        [SKEncodedImageFormat.Jpeg] = [".jpg", ".jpeg", ".jpe", ".jfif"],
        [SKEncodedImageFormat.Png] = [".png"],
        [SKEncodedImageFormat.Webp] = [".webp"],
        [SKEncodedImageFormat.Gif] = [".gif"],
        [SKEncodedImageFormat.Bmp] = [".bmp"],
    };

    private readonly ImageDecoding _decoding = options.Decoding;
    private readonly Lock _large = new();

    /// <summary>What there is to say of a file; of one that cannot be read, why.</summary>
    public ImageFacts Look(string path)
    {
        try
        {
            if (new FileInfo(path).Length <= LargeBytes)
                return Read(path);
            lock (_large)
                return Read(path);
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            return Unusable(ImageFindingKind.Unreadable, exception);
        }
    }

    private ImageFacts Read(string path)
    {
        var bytes = EncodedImage.ReadFile(path);
        using var header = new EncodedImage(bytes, _decoding with { MaxPixels = long.MaxValue }, looksAtPixels: false);
        var (width, height) = header.Size;
        RgbImage image;
        try
        {
            image = new RowImage(null, bytes, path).Decode(_decoding, LeastSide);
        }
        catch (InvalidDataException exception) when ((long)width * height > _decoding.MaxPixels)
        {
            return Unusable(ImageFindingKind.TooLarge, exception);
        }

        var faults = new List<ImageFault>();
        var spread = PixelSpread.Of(image);
        var isConstant = spread <= options.ConstantLevels;
        if (isConstant)
            faults.Add(new(ImageFindingKind.NearlyConstant, FormattableString.Invariant(
                $"99 % of its values lie within {spread} of 256 levels in each color.") +
                (spread > 1 && Has16Bits(bytes) ? HintOn16Bits : "")));
        if (Math.Min(width, height) < options.MinSide)
            faults.Add(new(ImageFindingKind.Tiny, FormattableString.Invariant($"It has {width}x{height} pixels.")));
        if (WrongExtension(path, header.Format) is { } extension)
            faults.Add(new(ImageFindingKind.WrongExtension,
                $"It is a {header.Format.ToString().ToUpperInvariant()} image and is named {VisibleText.Of(extension)}."));
        // Images of one color all look the same, and say nothing of where they are from.
        return new ImageFacts(faults, true, XxHash128.HashToUInt128(bytes), isConstant ? null : PerceptualHash.Of(image));
    }

    private static ImageFacts Unusable(ImageFindingKind kind, Exception cause) =>
        new([new(kind, VisibleText.Reason(cause))], false, default, null);

    private static string? WrongExtension(string path, SKEncodedImageFormat format)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        return _extensions.Any(one => one.Key != format && one.Value.Contains(extension)) ? extension : null;
    }

    /// <summary>Whether it is a PNG of 16 bits for each value, by the header chunk.</summary>
    private static bool Has16Bits(ReadOnlySpan<byte> file) =>
        file.Length > 24 && BinaryPrimitives.ReadUInt64BigEndian(file) == 0x89504E470D0A1A0A && file[24] == 16;
}

/// <summary>What a look at an image gave: some tens of bytes, whatever the image's size.</summary>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="IsUsable">Whether training can use it.</param>
/// <param name="Content">A hash of the file's bytes.</param>
/// <param name="Look">A hash of what it looks like; null where it is nearly constant, or cannot be used.</param>
internal sealed record ImageFacts(IReadOnlyList<ImageFault> Faults, bool IsUsable, UInt128 Content, ulong? Look);

/// <summary>Something wrong with one image.</summary>
internal sealed record ImageFault(ImageFindingKind Kind, string Message);
