using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>A class for each pixel of an image, as bytes, row by row; 255 for none.</summary>
public sealed class LabelMap
{
    private const double DefaultOpacity = 0.5;

    private static readonly ImageDecoding _usualSizes = new();

    /// <summary>A map of values, which is kept and not copied.</summary>
    /// <param name="height">In pixels, at least 0.</param>
    /// <param name="width">In pixels, at least 0.</param>
    /// <param name="values">[height, width].</param>
    /// <exception cref="ArgumentException">There are not as many values as pixels.</exception>
    public LabelMap(int height, int width, byte[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(height);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)height * width)
            throw new ArgumentException($"There are {values.Length} values for {height} x {width} pixels.", nameof(values));
        (Height, Width, Values) = (height, width, values);
    }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>The class of a pixel, from 0; 255 for none.</summary>
    /// <param name="y">The row, from 0 at the top.</param>
    /// <param name="x">The column, from 0 at the left.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such pixel.</exception>
    public byte this[int y, int x]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)Width, nameof(x));
            return Values[y * Width + x];
        }
    }

    /// <summary>What is known of a photo that cannot be used.</summary>
    internal static LabelMap None { get; } = new(0, 0, []);

    /// <summary>[Height, Width].</summary>
    internal byte[] Values { get; }

    /// <summary>Reads the values of a PNG as they are stored: the indices of a palette, or gray levels.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no such PNG, or damaged; the message names it and says why.</exception>
    /// <exception cref="IOException">It is absent or cannot be read.</exception>
    public static LabelMap Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            return Read(path);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is no label map that can be read. {e.Message}", e);
        }
    }

    /// <summary>Writes the map as a PNG with Pascal VOC's palette, whose indices are the classes.</summary>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <exception cref="InvalidOperationException">The map has no pixels.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveAsPng(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ThrowIfEmpty();
        AtomicFile.Write(path, stream => stream.Write(LabelMapPng.Encode(this)));
    }

    /// <summary>Writes the photo with the colors of its classes over it, as a PNG; pixels without a class are as they were.</summary>
    /// <param name="photoPath">The photo, of the map's size.</param>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <param name="opacity">How much of the photo the colors hide, 0-1. Default 0.5.</param>
    /// <exception cref="ArgumentException">The photo has another size.</exception>
    /// <exception cref="InvalidOperationException">The map has no pixels.</exception>
    /// <exception cref="InvalidDataException">The photo cannot be decoded.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void SaveOverlay(string photoPath, string path, double opacity = DefaultOpacity)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(photoPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(opacity, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(opacity, 1);
        ThrowIfEmpty();
        var photo = new RowImage(null, null, photoPath).Decode(_usualSizes);
        if (photo.Height != Height || photo.Width != Width)
            throw new ArgumentException(
                $"The photo has {photo.Width} x {photo.Height} pixels, the label map {Width} x {Height}; they must be the same.",
                nameof(photoPath));
        AtomicFile.Write(path, stream => stream.Write(Over(photo, opacity).ToPng()));
    }

    /// <inheritdoc cref="Decode"/>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static LabelMap Read(string path) => Decode(EncodedImage.ReadFile(path));

    /// <summary>Reads a PNG's values.</summary>
    /// <param name="file">The file's contents.</param>
    /// <exception cref="InvalidDataException">It is no such PNG, or damaged; the message does not name it.</exception>
    internal static LabelMap Decode(ReadOnlySpan<byte> file)
    {
        if (!PngRows.CanRead(file))
            throw new InvalidDataException(PngRows.IsPng(file)
                ? "Its header cannot be read, or it is interlaced; save it as a PNG that is not."
                : "It is no PNG; other formats change values, or make colors of them.");
        using var rows = new PngRows(file);
        if (rows.ColorType is not (PngColorType.Gray or PngColorType.Palette))
            throw new InvalidDataException("It has colors; expected gray levels or indices of a palette.");
        _usualSizes.ThrowIfTooLarge(rows.Width, rows.Height);
        var (width, bits) = (rows.Width, rows.BitDepth);
        var values = new byte[rows.Height * width];
        rows.ForEach((y, row) => Unpack(row, bits, values.AsSpan(y * width, width)));
        return new LabelMap(rows.Height, width, values);
    }

    /// <summary>Its first rows and columns.</summary>
    internal LabelMap Corner(int height, int width)
    {
        if (height == Height && width == Width)
            return this;
        var values = new byte[height * width];
        for (var y = 0; y < height; y++)
            Values.AsSpan(y * Width, width).CopyTo(values.AsSpan(y * width));
        return new LabelMap(height, width, values);
    }

    /// <summary>Each pixel has the class of the one that its center is in.</summary>
    internal LabelMap Resized(int height, int width)
    {
        if (height == Height && width == Width)
            return this;
        static int[] Nearest(int from, int to) =>
            [.. Enumerable.Range(0, to).Select(place => (int)Math.Min((2L * place + 1) * from / (2L * to), from - 1))];
        var (rows, columns) = (Nearest(Height, height), Nearest(Width, width));
        var values = new byte[checked(height * width)];
        for (int y = 0, i = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                values[i++] = Values[rows[y] * Width + columns[x]];
        return new LabelMap(height, width, values);
    }

    private RgbImage Over(RgbImage photo, double opacity)
    {
        const int channels = RgbImage.Channels;
        var pixels = photo.Pixels.AsSpan(0, photo.ByteCount).ToArray();
        for (var place = 0; place < Values.Length; place++)
            if (Values[place] != LabelRule.Ignored)
                for (var channel = 0; channel < channels; channel++)
                {
                    var (i, color) = (place * channels + channel, LabelMapPng.Palette[Values[place] * channels + channel]);
                    pixels[i] = (byte)Math.Round((1 - opacity) * pixels[i] + opacity * color);
                }
        return new RgbImage(Width, Height, pixels);
    }

    private void ThrowIfEmpty()
    {
        if (Values.Length == 0)
            throw new InvalidOperationException("The label map has no pixels: its photo was skipped.");
    }

    private static void Unpack(byte[] row, int bits, Span<byte> values)
    {
        if (bits == 8)
            row.AsSpan(0, values.Length).CopyTo(values);
        else if (bits == 16)
            for (var x = 0; x < values.Length; x++)
                values[x] = BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(2 * x)) is <= byte.MaxValue and var value
                    ? (byte)value
                    : throw new InvalidDataException($"It has values above {byte.MaxValue}, which are no classes.");
        else
            for (int x = 0, bit = 0; x < values.Length; x++, bit += bits)
                values[x] = (byte)(row[bit / 8] >> (8 - bits - bit % 8) & ((1 << bits) - 1));
    }
}
