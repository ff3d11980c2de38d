using System.Numerics;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>The one way to say that numbers are the same but for rounding.</summary>
internal static class AssertClose
{
    extension(Assert)
    {
        /// <summary>
        /// Fails where a value is NaN or further off than <paramref name="tolerance"/> + <paramref name="relative"/> * |expected|, or
        /// where the counts differ; the message has the place of the value that is the furthest off.
        /// </summary>
        public static void AreClose<TExpected, TActual>(
            IEnumerable<TExpected> expected, IEnumerable<TActual> actual, double tolerance, string what, double relative = 0)
            where TExpected : INumberBase<TExpected>
            where TActual : INumberBase<TActual>
        {
            double[] right = [.. expected.Select(double.CreateChecked)], given = [.. actual.Select(double.CreateChecked)];
            Assert.AreEqual(right.Length, given.Length, $"{what}: number of values");
            var (worst, place) = (-1.0, -1);
            for (var i = 0; i < right.Length; i++)
            {
                var off = Math.Abs(given[i] - right[i]) / (tolerance + relative * Math.Abs(right[i]));
                if (given[i].Equals(right[i])) // infinities, and a tolerance of 0
                    off = 0;
                if (off > worst || double.IsNaN(off))
                    (worst, place) = (double.IsNaN(off) ? double.PositiveInfinity : off, i);
            }
            if (worst > 1)
                Assert.Fail($"{what}: value {place} of {right.Length} is {given[place]:g9}, expected {right[place]:g9}: off by "
                    + $"{Math.Abs(given[place] - right[place]):g3} ({Math.Abs(given[place] / right[place] - 1):g3} of it); allowed is "
                    + $"{tolerance + relative * Math.Abs(right[place]):g3}.");
        }
    }

    /// <summary>A tensor's values in row-major order.</summary>
    public static float[] Values(this torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().to(torch.float32).cpu().contiguous().data<float>().ToArray();
    }
}
