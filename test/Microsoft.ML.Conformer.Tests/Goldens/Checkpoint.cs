using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>A value inside the reference network for one image, [1, ...], as a golden sums it up.</summary>
internal sealed class Checkpoint
{
    private readonly double _mean, _deviation;
    private readonly double[] _first, _last, _samples = [];
    private readonly int _stride;

    public Checkpoint(JsonElement json)
    {
        Shape = [.. json.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        (_mean, _deviation) = (json.GetProperty("mean").GetDouble(), json.GetProperty("std").GetDouble());
        double[] Numbers(string name) => [.. (json.TryGetProperty($"{name}8", out var eight) ? eight : json.GetProperty(name)).Numbers()];
        (_first, _last) = (Numbers("first"), Numbers("last"));
        if (!json.TryGetProperty("samples", out var samples))
            return;
        _samples = [.. samples.GetProperty("values").Numbers()];
        _stride = samples.GetProperty("stride").GetInt32();
    }

    /// <summary>The value's shape, the batch of one included.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>
    /// The whole value: its length, mean, standard deviation, first and last numbers, and some between where they are given.
    /// </summary>
    public void AssertIs(float[] actual, double tolerance, string what)
    {
        Assert.AreEqual(Shape.Aggregate((a, b) => a * b), actual.Length, what);
        var mean = actual.Average(value => (double)value);
        Assert.AreEqual(_mean, mean, tolerance, $"{what}: mean");
        Assert.AreEqual(
            _deviation, Math.Sqrt(actual.Average(value => (value - mean) * (value - mean))), tolerance, $"{what}: deviation");
        AssertBegins(actual, tolerance, what);
        Assert.AreClose(_last, actual[^_last.Length..], tolerance, $"{what}: end");
        Assert.AreClose(_samples, [.. _samples.Select((_, index) => actual[index * _stride])], tolerance, $"{what}: samples");
    }

    /// <summary>A part that the value begins with, such as the class token of all tokens.</summary>
    public void AssertBegins(float[] actual, double tolerance, string what) =>
        Assert.AreClose(_first, actual[.._first.Length], tolerance, $"{what}: beginning");
}
