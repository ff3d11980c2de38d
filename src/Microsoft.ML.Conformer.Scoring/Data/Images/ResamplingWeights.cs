using System.Buffers;
using System.Numerics;

namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// One axis of an antialiased resize: for each output pixel the run of input pixels that it is made of, and their weights in fixed point.
/// The kernel is stretched by the scale when the image gets smaller, so that every input pixel counts. Weights and rounding are those of
/// Pillow's 8-bit resize.
/// </summary>
internal readonly struct ResamplingWeights : IDisposable
{
    /// <summary>Fractional bits of a weight: 32 less the 8 of a pixel and 2 for the kernel's overshoot.</summary>
    public const int FractionBits = 22;

    private readonly int[] _starts;
    private readonly int[] _lengths;
    private readonly int[] _weights;
    private readonly int _stride;

    private ResamplingWeights(int count, int stride)
    {
        Count = count;
        _stride = stride;
        _starts = ArrayPool<int>.Shared.Rent(count);
        _lengths = ArrayPool<int>.Shared.Rent(count);
        _weights = ArrayPool<int>.Shared.Rent(checked(count * stride));
        _weights.AsSpan(0, count * stride).Clear();
    }

    /// <summary>Maps the input pixels of a box to <paramref name="outputSize"/> pixels, of which it gives a part.</summary>
    public static ResamplingWeights Create(
        ResamplingKernel kernel, int inputSize, float boxStart, float boxEnd, int outputSize, int first, int count)
    {
        var scale = (double)(boxEnd - boxStart) / outputSize;
        var stretch = Math.Max(scale, 1);
        var support = kernel.Support * stretch;
        var lanes = Vector<int>.Count;
        var longest = (int)Math.Ceiling(support) * 2 + 1;
        var result = new ResamplingWeights(count, (longest + lanes - 1) / lanes * lanes);
        var exact = ArrayPool<double>.Shared.Rent(longest);
        for (var i = 0; i < count; i++)
        {
            var center = boxStart + (first + i + 0.5) * scale;
            var start = Math.Max((int)(center - support + 0.5), 0);
            var length = Math.Min((int)(center + support + 0.5), inputSize) - start;
            var sum = 0.0;
            for (var tap = 0; tap < length; tap++)
                sum += exact[tap] = kernel.At((start + tap - center + 0.5) * (1 / stretch));

            result._starts[i] = start;
            result._lengths[i] = length;
            var weights = result._weights.AsSpan(i * result._stride, length);
            for (var tap = 0; tap < length; tap++)
                weights[tap] = ToFixedPoint(sum == 0 ? exact[tap] : exact[tap] / sum);
        }
        ArrayPool<double>.Shared.Return(exact);
        return result;
    }

    public int Count { get; }

    /// <summary>The first input pixel that any output pixel needs.</summary>
    public int InputStart => _starts[0];

    /// <summary>One past the last input pixel that any output pixel needs.</summary>
    public int InputEnd => _starts[Count - 1] + _lengths[Count - 1];

    public int Start(int output) => _starts[output];

    public ReadOnlySpan<int> Weights(int output) => _weights.AsSpan(output * _stride, _lengths[output]);

    /// <summary>The weights of an output pixel, followed by zeros up to a multiple of a vector's lanes.</summary>
    public ReadOnlySpan<int> PaddedWeights(int output)
    {
        var lanes = Vector<int>.Count;
        return _weights.AsSpan(output * _stride, (_lengths[output] + lanes - 1) / lanes * lanes);
    }

    /// <summary>Gives the arrays back to the pool; the weights must not be used afterwards.</summary>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_lengths);
        ArrayPool<int>.Shared.Return(_weights);
    }

    /// <summary>Rounds half away from zero.</summary>
    private static int ToFixedPoint(double weight) => (int)(weight * (1 << FractionBits) + (weight < 0 ? -0.5 : 0.5));
}
