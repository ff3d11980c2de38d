using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Conformer.Data.Images.Operations;

/// <summary>Between which pixels a point's color is interpolated.</summary>
internal enum AffineFilter
{
    /// <summary>4 x 4, by cubic convolution with a = -1.</summary>
    Bicubic,

    /// <summary>2 x 2.</summary>
    Bilinear,
}

/// <summary>
/// Where in the input the middle (x, y) of an output pixel lies: at (a x + b y + c, d x + e y + f). Resampled as Pillow's
/// <c>Image.transform(AFFINE, filter)</c> does, which is not as it resizes: never antialiased, cut to a whole number; neighbors beyond the
/// edge are those at the edge, and the fill color is where the point itself is outside.
/// </summary>
internal readonly record struct AffineTransform(double A, double B, double C, double D, double E, double F)
{
    private const int Lanes = 4, Channels = RgbImage.Channels;

    /// <summary>About the center, counter-clockwise.</summary>
    public static AffineTransform Rotation(double degrees, int width, int height)
    {
        var turn = degrees % 360;
        var angle = -(turn < 0 ? turn + 360 : turn) * (Math.PI / 180);
        var (cosine, sine) = (Round(Math.Cos(angle)), Round(Math.Sin(angle)));
        var (x, y) = (width / 2.0, height / 2.0);
        return new AffineTransform(
            cosine, sine, cosine * -x + sine * -y + x, Round(-Math.Sin(angle)), cosine, -sine * -x + cosine * -y + y);

        // To 15 decimals, so that quarter turns are exact; Math.Round is a bit off there.
        static double Round(double value) =>
            double.Parse(value.ToString("F15", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    public void Apply(PixelSpan image, RgbColor fill, AffineFilter filter = AffineFilter.Bicubic)
    {
        var (width, height) = (image.Width, image.Height);
        var copy = ArrayPool<float>.Shared.Rent(width * height * Lanes);
        Spread(image.Values, copy);
        var source = new Source(ref MemoryMarshal.GetArrayDataReference(copy), width, height, filter);
        for (var row = 0; row < height; row++)
        {
            var y = row + 0.5;
            var output = image.Row(row);
            for (int column = 0, i = 0; column < width; column++, i += Channels)
            {
                var x = column + 0.5;
                var (sourceX, sourceY) = (A * x + B * y + C, D * x + E * y + F);
                if (sourceX < 0 || sourceX >= width || sourceY < 0 || sourceY >= height)
                    (output[i], output[i + 1], output[i + 2]) = (fill.Red, fill.Green, fill.Blue);
                else
                {
                    var color = source.At(sourceX - 0.5, sourceY - 0.5);
                    output[i] = (byte)color.GetElement(0);
                    output[i + 1] = (byte)color.GetElement(1);
                    output[i + 2] = (byte)color.GetElement(2);
                }
            }
        }
        ArrayPool<float>.Shared.Return(copy);
    }

    /// <summary>Pixels of three bytes -> pixels of four floats, the last of which counts nothing.</summary>
    private static void Spread(ReadOnlySpan<byte> pixels, Span<float> copy)
    {
        for (int from = 0, to = 0; from <= pixels.Length - Channels; from += Channels, to += Lanes)
        {
            copy[to] = pixels[from];
            copy[to + 1] = pixels[from + 1];
            copy[to + 2] = pixels[from + 2];
            copy[to + 3] = 0;
        }
    }

    private readonly ref struct Source(ref float pixels, int width, int height, AffineFilter filter)
    {
        private readonly ref float _pixels = ref pixels;

        /// <summary>The color at a point, where (0, 0) is the middle of the first pixel, within 0-255.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> At(double x, double y)
        {
            var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
            var (partX, partY) = (x - left, y - top);
            // In 64-bit floats, one operation after the other, as byte-equality needs it.
            var color = filter == AffineFilter.Bilinear ? Linear(LinearRow(top, left, partX), LinearRow(top + 1, left, partX), partY)
                : partY == 0 ? CubicRow(top, left, partX)
                : Cubic(
                    CubicRow(top - 1, left, partX), CubicRow(top, left, partX), CubicRow(top + 1, left, partX),
                    CubicRow(top + 2, left, partX), partY);
            return Vector256.Min(Vector256.Max(color, Vector256<double>.Zero), Vector256.Create(255.0));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector256<double> LinearRow(int row, int left, double part)
        {
            var first = Math.Clamp(row, 0, height - 1) * width;
            return Linear(Pixel(first, left), Pixel(first, left + 1), part);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector256<double> CubicRow(int row, int left, double part)
        {
            var first = Math.Clamp(row, 0, height - 1) * width;
            return part == 0
                ? Pixel(first, left)
                : Cubic(Pixel(first, left - 1), Pixel(first, left), Pixel(first, left + 1), Pixel(first, left + 2), part);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector256<double> Pixel(int first, int column)
        {
            var values = Vector128.LoadUnsafe(ref _pixels, (nuint)((first + Math.Clamp(column, 0, width - 1)) * Lanes));
            return Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<double> Linear(Vector256<double> v1, Vector256<double> v2, double part) =>
            v1 + (v2 - v1) * Vector256.Create(part);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<double> Cubic(
            Vector256<double> v1, Vector256<double> v2, Vector256<double> v3, Vector256<double> v4, double part)
        {
            var t = Vector256.Create(part);
            var p3 = Vector256.Create(2.0) * (v1 - v2) + v3 - v4;
            var p4 = v2 - v1 - v3 + v4;
            return v2 + t * (v3 - v1 + t * (p3 + t * p4));
        }
    }
}
