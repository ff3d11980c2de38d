using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Compares values with what golden files keep of a large tensor: shape, mean, deviation, and values here and there.</summary>
internal static class TensorStatistics
{
    /// <param name="expected">The file's "shape", "mean", "std", "first", "last" and, in some, "samples".</param>
    /// <param name="shape">The tensor's.</param>
    /// <param name="values">Row by row.</param>
    /// <param name="tolerance">The most that a value may differ.</param>
    /// <param name="what">What the values are.</param>
    public static void AssertEqual(JsonElement expected, IReadOnlyList<long> shape, float[] values, double tolerance, string what)
    {
        CollectionAssert.AreEqual(
            expected.GetProperty("shape").Numbers().Select(side => (long)side).ToArray(), shape.ToArray(), $"{what}: shape");
        var mean = values.Average(value => (double)value);
        Assert.AreEqual(expected.GetProperty("mean").GetDouble(), mean, tolerance, $"{what}: mean");
        if (expected.TryGetProperty("std", out var deviation) && values.Length > 1)
            Assert.AreEqual(
                deviation.GetDouble(), Math.Sqrt(values.Average(value => Math.Pow(value - mean, 2))), Math.Max(tolerance, 1e-3 * deviation.GetDouble()),
                $"{what}: deviation");
        double[] first = [.. expected.GetProperty("first").Numbers()], last = [.. expected.GetProperty("last").Numbers()];
        AssertClose(first, values[..first.Length], tolerance, $"{what}: first values");
        AssertClose(last, values[^last.Length..], tolerance, $"{what}: last values");
        if (!expected.TryGetProperty("samples", out var samples))
            return;
        var stride = samples.GetProperty("stride").GetInt32();
        double[] between = [.. samples.GetProperty("values").Numbers()];
        AssertClose(between, [.. between.Select((_, i) => values[i * stride])], tolerance, $"{what}: samples");
    }

    public static void AssertEqual(JsonElement expected, Tensor actual, double tolerance, string what) =>
        AssertEqual(expected, actual.shape, Values(actual), tolerance, what);

    public static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<float> actual, double tolerance, string what)
    {
        Assert.AreEqual(expected.Count, actual.Count, $"{what}: count");
        for (var i = 0; i < expected.Count; i++)
            Assert.AreEqual(expected[i], actual[i], tolerance, $"{what}: value {i}");
    }

    public static float[] Values(Tensor tensor)
    {
        using var rows = tensor.detach().contiguous();
        return rows.data<float>().ToArray();
    }
}
