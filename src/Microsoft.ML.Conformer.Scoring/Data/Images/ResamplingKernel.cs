namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// An antialiased resizing filter, as Pillow has it: piecewise polynomials of the distance x from an output pixel's center, in input
/// pixels, stretched by the scale where the image gets smaller.
/// </summary>
/// <param name="Name">Its name in files.</param>
/// <param name="Pieces">For x from i to i + 1, piece i's coefficients in order of falling powers; beyond the last it is 0.</param>
internal sealed record ResamplingKernel(string Name, double[][] Pieces)
{
    /// <summary>Keys' cubic convolution kernel with a = -0.5 (Keys, 1981).</summary>
    public static ResamplingKernel Bicubic { get; } = new("bicubic", [[1.5, -2.5, 0, 1], [-0.5, 2.5, -4, 2]]);

    public static ResamplingKernel Bilinear { get; } = new("bilinear", [[-1, 1]]);

    public static IReadOnlyList<ResamplingKernel> All { get; } = [Bicubic, Bilinear];

    /// <summary>Half of the width, in pixels, before it is stretched.</summary>
    public int Support => Pieces.Length;

    public double At(double x)
    {
        x = Math.Abs(x);
        if (x >= Support)
            return 0;
        var sum = 0.0;
        foreach (var coefficient in Pieces[(int)x])
            sum = sum * x + coefficient;
        return sum;
    }
}
