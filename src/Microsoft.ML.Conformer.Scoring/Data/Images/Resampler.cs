using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// Resizes images with an antialiased filter, bit for bit as Pillow's <c>Image.resize(size, filter, box=box)</c> does, which the published
/// networks were trained and evaluated with: rows first, rounded to 8 bits, then columns. Thread-safe.
/// </summary>
internal static class Resampler
{
    private const int Channels = RgbImage.Channels;
    private const int Half = 1 << (ResamplingWeights.FractionBits - 1);

    public static RgbImage Resize(RgbImage source, int width, int height, ResamplingKernel kernel)
    {
        var pixels = new byte[checked(width * height * Channels)];
        Resize(source, SourceBox.All(source), width, height, kernel, pixels);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Resizes the pixels within a box to [<paramref name="height"/>, <paramref name="width"/>, 3] bytes.</summary>
    public static void Resize(
        RgbImage source, SourceBox box, int width, int height, ResamplingKernel kernel, Span<byte> destination) =>
        Resize(source, box, width, height, kernel, new OutputWindow(0, 0, width, height), destination);

    /// <summary>
    /// As if the box was resized to <paramref name="width"/> x <paramref name="height"/> pixels and the window then cut out of it, but
    /// computes nothing outside of the window.
    /// </summary>
    public static void Resize(
        RgbImage source, SourceBox box, int width, int height, ResamplingKernel kernel, OutputWindow window, Span<byte> destination)
    {
        if (!box.IsWithin(source))
            throw new ArgumentException($"The box {box} is not within the image of {source.Width}x{source.Height} pixels.", nameof(box));
        if (destination.Length < window.Width * window.Height * Channels)
            throw new ArgumentException($"{destination.Length} bytes do not hold {window.Width}x{window.Height}.", nameof(destination));

        using var horizontal = ResamplingWeights.Create(kernel, source.Width, box.Left, box.Right, width, window.Left, window.Width);
        using var vertical = ResamplingWeights.Create(kernel, source.Height, box.Top, box.Bottom, height, window.Top, window.Height);
        var rows = vertical.InputEnd - vertical.InputStart;
        var rowBytes = window.Width * Channels;
        var narrowed = ArrayPool<byte>.Shared.Rent(checked(rows * rowBytes));
        ResampleRows(source, vertical.InputStart, rows, horizontal, narrowed);
        ResampleColumns(narrowed, vertical, rowBytes, destination);
        ArrayPool<byte>.Shared.Return(narrowed);
    }

    /// <summary>The horizontal pass: [rows, source width, 3] -> [rows, outputs, 3].</summary>
    private static void ResampleRows(RgbImage source, int firstRow, int rows, in ResamplingWeights weights, Span<byte> destination)
    {
        var start = weights.InputStart;
        var width = weights.InputEnd - start;
        // Padded weights read up to a vector beyond a run; what they meet there counts nothing.
        var planeLength = width + Vector<int>.Count;
        var planes = ArrayPool<int>.Shared.Rent(Channels * planeLength);
        var red = planes.AsSpan(0, planeLength);
        var green = planes.AsSpan(planeLength, planeLength);
        var blue = planes.AsSpan(2 * planeLength, planeLength);
        for (var row = 0; row < rows; row++)
        {
            var offset = ((long)(firstRow + row) * source.Width + start) * Channels;
            SplitChannels(source.Pixels.AsSpan((int)offset), width, red, green, blue);
            var output = destination.Slice(row * weights.Count * Channels, weights.Count * Channels);
            for (var i = 0; i < weights.Count; i++)
                WeightedPixel(red, green, blue, weights.Start(i) - start, weights.PaddedWeights(i), output[(i * Channels)..]);
        }
        ArrayPool<int>.Shared.Return(planes);
    }

    private static void WeightedPixel(
        ReadOnlySpan<int> red, ReadOnlySpan<int> green, ReadOnlySpan<int> blue, int first, ReadOnlySpan<int> weights, Span<byte> pixel)
    {
        var length = weights.Length;
        ref var weight = ref MemoryMarshal.GetReference(weights);
        ref var redValue = ref MemoryMarshal.GetReference(red.Slice(first, length));
        ref var greenValue = ref MemoryMarshal.GetReference(green.Slice(first, length));
        ref var blueValue = ref MemoryMarshal.GetReference(blue.Slice(first, length));
        var redSum = Vector<int>.Zero;
        var greenSum = Vector<int>.Zero;
        var blueSum = Vector<int>.Zero;
        for (nuint tap = 0; tap < (nuint)length; tap += (nuint)Vector<int>.Count)
        {
            var w = Vector.LoadUnsafe(ref weight, tap);
            redSum += w * Vector.LoadUnsafe(ref redValue, tap);
            greenSum += w * Vector.LoadUnsafe(ref greenValue, tap);
            blueSum += w * Vector.LoadUnsafe(ref blueValue, tap);
        }
        pixel[0] = ToByte(Vector.Sum(redSum));
        pixel[1] = ToByte(Vector.Sum(greenSum));
        pixel[2] = ToByte(Vector.Sum(blueSum));
    }

    private static void SplitChannels(ReadOnlySpan<byte> pixels, int count, Span<int> red, Span<int> green, Span<int> blue)
    {
        const byte no = 0xFF;
        var redOrder = Vector128.Create(0, no, no, no, 3, no, no, no, 6, no, no, no, 9, no, no, no);
        var greenOrder = Vector128.Create(1, no, no, no, 4, no, no, no, 7, no, no, no, 10, no, no, no);
        var blueOrder = Vector128.Create(2, no, no, no, 5, no, no, no, 8, no, no, no, 11, no, no, no);
        var i = 0;
        // A load of 16 bytes holds 5 pixels and a byte of the next; 4 of them are used, each channel widened to 32 bits by one shuffle.
        for (; i <= count - 4 && i * Channels + Vector128<byte>.Count <= pixels.Length; i += 4)
        {
            var packed = Vector128.Create(pixels[(i * Channels)..]);
            Vector128.Shuffle(packed, redOrder).AsInt32().CopyTo(red[i..]);
            Vector128.Shuffle(packed, greenOrder).AsInt32().CopyTo(green[i..]);
            Vector128.Shuffle(packed, blueOrder).AsInt32().CopyTo(blue[i..]);
        }
        for (; i < count; i++)
        {
            red[i] = pixels[i * Channels];
            green[i] = pixels[i * Channels + 1];
            blue[i] = pixels[i * Channels + 2];
        }
    }

    /// <summary>The vertical pass: [rows, rowBytes] -> [outputs, rowBytes].</summary>
    private static void ResampleColumns(ReadOnlySpan<byte> source, in ResamplingWeights weights, int rowBytes, Span<byte> destination)
    {
        for (var i = 0; i < weights.Count; i++)
        {
            var taps = weights.Weights(i);
            var rows = source[((weights.Start(i) - weights.InputStart) * rowBytes)..];
            var output = destination.Slice(i * rowBytes, rowBytes);
            var column = 0;
            for (; column <= rowBytes - Vector<byte>.Count; column += Vector<byte>.Count)
                WeightedRows(rows[column..], rowBytes, taps).CopyTo(output[column..]);
            for (; column < rowBytes; column++)
            {
                var sum = 0;
                for (var tap = 0; tap < taps.Length; tap++)
                    sum += rows[tap * rowBytes + column] * taps[tap];
                output[column] = ToByte(sum);
            }
        }
    }

    private static Vector<byte> WeightedRows(ReadOnlySpan<byte> rows, int rowBytes, ReadOnlySpan<int> taps)
    {
        var sum0 = new Vector<int>(Half);
        var (sum1, sum2, sum3) = (sum0, sum0, sum0);
        for (var tap = 0; tap < taps.Length; tap++)
        {
            Vector.Widen(new Vector<byte>(rows[(tap * rowBytes)..]), out var low, out var high);
            Vector.Widen(low.As<ushort, short>(), out var value0, out var value1);
            Vector.Widen(high.As<ushort, short>(), out var value2, out var value3);
            var weight = new Vector<int>(taps[tap]);
            sum0 += value0 * weight;
            sum1 += value1 * weight;
            sum2 += value2 * weight;
            sum3 += value3 * weight;
        }
        return Vector.Narrow(
            Vector.Narrow(ToByteRange(sum0), ToByteRange(sum1)).As<short, ushort>(),
            Vector.Narrow(ToByteRange(sum2), ToByteRange(sum3)).As<short, ushort>());
    }

    private static Vector<int> ToByteRange(Vector<int> sum) =>
        Vector.Min(Vector.Max(sum >> ResamplingWeights.FractionBits, Vector<int>.Zero), new Vector<int>(byte.MaxValue));

    /// <summary>Rounds half up and clips: the kernel overshoots at edges.</summary>
    private static byte ToByte(int sum) => (byte)Math.Clamp((sum + Half) >> ResamplingWeights.FractionBits, byte.MinValue, byte.MaxValue);
}
