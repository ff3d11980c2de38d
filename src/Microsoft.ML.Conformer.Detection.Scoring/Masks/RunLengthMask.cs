using System.Globalization;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// Which pixels of an image belong to an object, as COCO writes it (github.com/cocodataset/cocoapi, maskApi): lengths of runs down the
/// columns, from the left one on.
/// </summary>
/// <remarks>Immutable; equal to another where both have the same pixels in an image of the same size.</remarks>
public sealed class RunLengthMask : IEquatable<RunLengthMask>
{
    private readonly int[] _counts;

    private RunLengthMask(int height, int width, int[] counts)
    {
        (Height, Width, _counts) = (height, width, counts);
        for (var run = 1; run < counts.Length; run += 2)
            Area += counts[run];
    }

    /// <summary>Height of the image in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the image in pixels.</summary>
    public int Width { get; }

    /// <summary>The number of pixels.</summary>
    public int Area { get; }

    /// <summary>
    /// Lengths of the runs, in turn outside of the object, from the image's upper left pixel on, and inside. The first may be 0, no other
    /// is.
    /// </summary>
    public IReadOnlyList<int> Counts => Array.AsReadOnly(_counts);

    /// <summary>The smallest box around the pixels; all 0 where there are none.</summary>
    public ImageBox Bounds
    {
        get
        {
            var (left, top, right, bottom) = (Width, Height, 0, 0);
            var at = 0;
            for (var run = 0; run < _counts.Length; at += _counts[run++])
            {
                if (run % 2 == 0)
                    continue;
                var (first, last) = (Math.DivRem(at, Height), Math.DivRem(at + _counts[run] - 1, Height));
                var isOneColumn = first.Quotient == last.Quotient;
                (left, right) = (Math.Min(left, first.Quotient), Math.Max(right, last.Quotient + 1));
                (top, bottom) = (Math.Min(top, isOneColumn ? first.Remainder : 0),
                    Math.Max(bottom, isOneColumn ? last.Remainder + 1 : Height));
            }
            return Area == 0 ? default : new ImageBox(left, top, right - left, bottom - top);
        }
    }

    internal ReadOnlySpan<int> Runs => _counts;

    /// <summary>Reads COCO's compressed text, the <c>counts</c> of a segmentation.</summary>
    /// <param name="counts">The text, as <see cref="ToString"/> writes it.</param>
    /// <param name="height">Of the image in pixels.</param>
    /// <param name="width">Of the image in pixels.</param>
    /// <exception cref="InvalidDataException">
    /// It is no such text, its runs have another number of pixels than the image, or the image's size is none.
    /// </exception>
    public static RunLengthMask Parse(string counts, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return FromCounts(RunText.Read(counts), height, width);
    }

    /// <summary>Takes lengths of runs, COCO's uncompressed <c>counts</c>; runs of no pixels are dropped.</summary>
    /// <param name="counts">In turn outside of the object, from the image's upper left pixel down the columns on, and inside.</param>
    /// <param name="height">Of the image in pixels.</param>
    /// <param name="width">Of the image in pixels.</param>
    /// <exception cref="InvalidDataException">
    /// A length is negative, they have another number of pixels than the image, or the image's size is none.
    /// </exception>
    public static RunLengthMask FromCounts(IEnumerable<long> counts, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ThrowIfNoSize(height, width);
        var (runs, rest, isOn) = (new RunBuilder(), height * width, false);
        foreach (var count in counts)
        {
            if (count < 0)
                throw new InvalidDataException($"The run lengths have one of {count} pixels.");
            if (count > rest)
                throw new InvalidDataException($"The run lengths have more pixels than the image of {Size(height, width)} pixels.");
            runs.Add(isOn, (int)count);
            rest -= (int)count;
            isOn = !isOn;
        }
        return rest == 0
            ? new RunLengthMask(height, width, runs.ToCounts())
            : throw new InvalidDataException(
                $"The run lengths have {height * width - rest} pixels; the image has {Size(height, width)} = {height * width}.");
    }

    /// <summary>Takes a bitmap.</summary>
    /// <param name="bitmap">[height, width]: whether a pixel belongs to the object.</param>
    /// <param name="height">Of the image in pixels.</param>
    /// <param name="width">Of the image in pixels.</param>
    /// <exception cref="InvalidDataException">The image's size is none.</exception>
    /// <exception cref="ArgumentException">The bitmap has another number of pixels.</exception>
    public static RunLengthMask FromBitmap(ReadOnlySpan<bool> bitmap, int height, int width)
    {
        ThrowIfNoSize(height, width);
        if (bitmap.Length != height * width)
            throw new ArgumentException(
                $"The bitmap has {bitmap.Length} pixels; expected {Size(height, width)} = {height * width}.", nameof(bitmap));
        var runs = new RunBuilder();
        for (var column = 0; column < width; column++)
            for (var row = 0; row < height; row++)
                runs.Add(bitmap[row * width + column], 1);
        return new RunLengthMask(height, width, runs.ToCounts());
    }

    /// <summary>
    /// Fills polygons exactly as COCO does; a pixel that is in any of them belongs to the object. What lies outside of the image is left
    /// out.
    /// </summary>
    /// <param name="polygons">For each x, y, x, y, ... in pixels, of at least three corners.</param>
    /// <param name="height">Of the image in pixels.</param>
    /// <param name="width">Of the image in pixels.</param>
    /// <exception cref="InvalidDataException">
    /// There is no polygon, one has too few or odd numbers, numbers that are not finite, or corners more than 2^20 pixels away, or the
    /// image's size is none.
    /// </exception>
    public static RunLengthMask FromPolygons(IEnumerable<IReadOnlyList<double>> polygons, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        ThrowIfNoSize(height, width);
        return Union(polygons.Select(polygon => new RunLengthMask(height, width, PolygonRuns.Of(polygon, height, width))));
    }

    /// <summary>The pixels that at least one of the masks has.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    /// <exception cref="ArgumentException">They are of images of different sizes.</exception>
    public static RunLengthMask Union(IEnumerable<RunLengthMask> masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        RunLengthMask? union = null;
        foreach (var mask in masks)
            union = union is null ? mask : union.Merge(mask, (first, second) => first || second);
        return union ?? throw new InvalidDataException("There is no mask and no polygon.");
    }

    /// <summary>The pixels that both masks have.</summary>
    /// <exception cref="ArgumentException">They are of images of different sizes.</exception>
    public RunLengthMask Intersection(RunLengthMask other) => Merge(other, (first, second) => first && second);

    /// <summary>
    /// Intersection over union: the pixels that both masks have, divided by the pixels that at least one has. 0-1; 0 of two empty masks.
    /// </summary>
    /// <param name="other">The other mask, such as the true one.</param>
    /// <param name="isCrowd">
    /// Whether the other mask is of a crowd, of which this one may be a part: then it is divided by this mask's own pixels.
    /// </param>
    /// <exception cref="ArgumentException">They are of images of different sizes.</exception>
    public double IntersectionOverUnion(RunLengthMask other, bool isCrowd = false)
    {
        ThrowIfOtherSize(other);
        long both = 0;
        for (var pairs = new RunPairs(_counts, other._counts); pairs.MoveNext();)
            if (pairs.First && pairs.Second)
                both += pairs.Length;
        return both == 0 ? 0 : (double)both / (isCrowd ? Area : (long)Area + other.Area - both);
    }

    /// <summary>The bitmap, [<see cref="Height"/>, <see cref="Width"/>]: whether a pixel belongs to the object.</summary>
    public bool[] ToBitmap()
    {
        var bitmap = new bool[Height * Width];
        var at = 0;
        for (var run = 0; run < _counts.Length; run++)
            for (var end = at + _counts[run]; at < end; at++)
                if (run % 2 == 1)
                    bitmap[at % Height * Width + at / Height] = true;
        return bitmap;
    }

    /// <summary>COCO's compressed text, which <see cref="Parse"/> reads; it does not have the image's size.</summary>
    public override string ToString() => RunText.Write(_counts);

    /// <inheritdoc />
    public bool Equals(RunLengthMask? other) =>
        other is not null && Height == other.Height && Width == other.Width && _counts.AsSpan().SequenceEqual(other._counts);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as RunLengthMask);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Height, Width, Area, _counts.Length, _counts[0]);

    /// <summary>Takes runs that a <see cref="RunBuilder"/> has collected.</summary>
    internal static RunLengthMask Of(RunBuilder runs, int height, int width) => new(height, width, runs.ToCounts());

    private static void ThrowIfNoSize(int height, int width)
    {
        if (height < 1 || width < 1 || (long)height * width > ImageDecoding.MostMaxPixels)
            throw new InvalidDataException(
                $"The image has {Size(height, width)} pixels; expected at least one, and {ImageDecoding.MostMaxPixels} at most.");
    }

    private static string Size(int height, int width) => string.Create(CultureInfo.InvariantCulture, $"{width} x {height}");

    private RunLengthMask Merge(RunLengthMask other, Func<bool, bool, bool> isOn)
    {
        ThrowIfOtherSize(other);
        var runs = new RunBuilder();
        for (var pairs = new RunPairs(_counts, other._counts); pairs.MoveNext();)
            runs.Add(isOn(pairs.First, pairs.Second), pairs.Length);
        return Of(runs, Height, Width);
    }

    private void ThrowIfOtherSize(RunLengthMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Height != Height || other.Width != Width)
            throw new ArgumentException(
                $"The masks are of images of {Size(Height, Width)} and {Size(other.Height, other.Width)} pixels; expected one size.",
                nameof(other));
    }
}
