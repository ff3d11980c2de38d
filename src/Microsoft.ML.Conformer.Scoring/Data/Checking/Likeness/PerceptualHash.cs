using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Data.Checking.Likeness;

/// <summary>
/// A hash of what an image looks like, 64 bits: few of them change where the image is scaled, compressed anew or brightened a little. It
/// is pHash (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010): which of the 8 x 8 lowest frequencies of
/// the gray image, shrunk to 32 x 32 pixels, are above their median.
/// </summary>
internal static class PerceptualHash
{
    private const int Side = 32, Frequencies = 8;

    /// <summary>[Frequencies, Side]: the cosines of the discrete cosine transform (DCT-II), scale apart.</summary>
    private static readonly float[][] _cosines =
    [
        .. Enumerable.Range(0, Frequencies).Select(frequency => Enumerable.Range(0, Side).Select(
            x => (float)Math.Cos(Math.PI * frequency * (x + 0.5) / Side)).ToArray()),
    ];

    /// <summary>The hash of an upright image.</summary>
    public static ulong Of(RgbImage image)
    {
        var small = Resampler.Resize(image, Side, Side, ResamplingKernel.Bilinear).Pixels;
        var columns = new float[Frequencies * Side]; // [frequency across, row]
        var row = new float[Side];
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
                row[x] = Gray(small.AsSpan((y * Side + x) * RgbImage.Channels));
            for (var frequency = 0; frequency < Frequencies; frequency++)
                columns[frequency * Side + y] = TensorPrimitives.Dot(row, _cosines[frequency]);
        }
        var spectrum = new float[Frequencies * Frequencies];
        for (var i = 0; i < spectrum.Length; i++)
            spectrum[i] = TensorPrimitives.Dot(columns.AsSpan(i % Frequencies * Side, Side), _cosines[i / Frequencies]);
        return AboveMedian(spectrum);
    }

    private static ulong AboveMedian(float[] spectrum)
    {
        var sorted = spectrum.Order().ToArray();
        var median = (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
        var hash = 0UL;
        foreach (var value in spectrum)
            hash = hash << 1 | (value > median ? 1UL : 0);
        return hash;
    }

    /// <summary>Luma of ITU-R BT.601, 0-255.</summary>
    private static float Gray(ReadOnlySpan<byte> rgb) => 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
}
