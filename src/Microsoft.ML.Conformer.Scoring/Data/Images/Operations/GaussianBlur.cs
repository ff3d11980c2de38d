using System.Buffers;
using System.Numerics;

namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>
/// A Gaussian blur made of three box blurs along rows, then three along columns (Gwosdek et al., "Theoretical Foundations of Gaussian
/// Convolution by Extended Box Filtering", 2011), as Pillow has it: boxes of fractional width, 24-bit weights, edges repeated.
/// </summary>
internal static class GaussianBlur
{
    private const int Passes = 3, FractionBits = 24, Channels = RgbImage.Channels;
    private const uint One = 1u << FractionBits, Half = One / 2;

    /// <param name="image">Blurred in place.</param>
    /// <param name="deviation">The standard deviation in pixels, at least 0.</param>
    public static void Apply(PixelSpan image, float deviation)
    {
        var radius = BoxRadius(deviation);
        if (radius <= 0)
            return;
        var box = new Box((int)radius, (uint)(One / (radius * 2 + 1)));
        var (margin, rowLength) = (box.WholeRadius + 1, image.RowLength);
        var padded = ArrayPool<byte>.Shared.Rent(Math.Max(
            (image.Width + 2 * margin) * Channels, (image.Height + 2 * margin) * rowLength));
        for (var row = 0; row < image.Height; row++)
            for (var pass = 0; pass < Passes; pass++)
                box.Blur(Padded(image.Row(row), Channels, margin, padded), Channels, image.Row(row));
        for (var pass = 0; pass < Passes; pass++)
            box.Blur(Padded(image.Values, rowLength, margin, padded), rowLength, image.Values);
        ArrayPool<byte>.Shared.Return(padded);
    }

    /// <summary>Half of the width, but for the middle pixel, of boxes that have the deviation together.</summary>
    private static float BoxRadius(float deviation)
    {
        var variance = deviation * deviation / Passes;
        var whole = (float)Math.Floor(((float)Math.Sqrt(12.0 * variance + 1.0) - 1.0) / 2.0);
        var part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) * (whole + 1)));
        return whole + part;
    }

    /// <summary>Values with the first and the last <paramref name="step"/> of them repeated <paramref name="margin"/> times.</summary>
    private static ReadOnlySpan<byte> Padded(ReadOnlySpan<byte> values, int step, int margin, Span<byte> padded)
    {
        for (var i = 0; i < margin; i++)
        {
            values[..step].CopyTo(padded[(i * step)..]);
            values[^step..].CopyTo(padded[((margin + i) * step + values.Length)..]);
        }
        values.CopyTo(padded[(margin * step)..]);
        return padded[..(values.Length + 2 * margin * step)];
    }

    /// <summary>A box filter: whole pixels of one weight, and one more on either side of what is left.</summary>
    private readonly struct Box(int wholeRadius, uint weight)
    {
        private readonly uint _farWeight = (One - (uint)(wholeRadius * 2 + 1) * weight) / 2;

        public int WholeRadius => wholeRadius;

        /// <summary>Each output is the mean of inputs that lie <paramref name="step"/> values apart.</summary>
        public void Blur(ReadOnlySpan<byte> padded, int step, Span<byte> output)
        {
            var last = (2 * wholeRadius + 2) * step;
            var i = 0;
            for (; i <= output.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                var (near0, near1) = (Vector<ushort>.Zero, Vector<ushort>.Zero);
                for (var tap = step; tap < last; tap += step)
                {
                    Vector.Widen(new Vector<byte>(padded[(i + tap)..]), out var low, out var high);
                    (near0, near1) = (near0 + low, near1 + high);
                }
                Vector.Widen(new Vector<byte>(padded[i..]), out var left0, out var left1);
                Vector.Widen(new Vector<byte>(padded[(i + last)..]), out var right0, out var right1);
                Vector.Narrow(Mean(near0, left0 + right0), Mean(near1, left1 + right1)).CopyTo(output[i..]);
            }
            for (; i < output.Length; i++)
            {
                uint near = 0, far = (uint)(padded[i] + padded[i + last]);
                for (var tap = step; tap < last; tap += step)
                    near += padded[i + tap];
                output[i] = (byte)((near * weight + far * _farWeight + Half) >> FractionBits);
            }
        }

        private Vector<ushort> Mean(Vector<ushort> near, Vector<ushort> far)
        {
            Vector.Widen(near, out var near0, out var near1);
            Vector.Widen(far, out var far0, out var far1);
            return Vector.Narrow(Mean(near0, far0), Mean(near1, far1));
        }

        private Vector<uint> Mean(Vector<uint> near, Vector<uint> far) =>
            (near * new Vector<uint>(weight) + far * new Vector<uint>(_farWeight) + new Vector<uint>(Half)) >> FractionBits;
    }
}
