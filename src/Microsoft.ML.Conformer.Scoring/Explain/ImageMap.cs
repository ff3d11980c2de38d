namespace Microsoft.ML.Conformer;

/// <summary>A number for each place of an image: the larger, the more the network sees there.</summary>
public sealed class ImageMap
{
    internal ImageMap(ImageMapKind kind, string name, int height, int width, float[] values)
    {
        if (values.Length != height * width)
            throw new ArgumentException($"{values.Length} values are no map of {height} x {width}.", nameof(values));
        (Kind, Name, Height, Width, Values) = (kind, name, height, width, values);
    }

    /// <summary>What it shows.</summary>
    public ImageMapKind Kind { get; }

    /// <summary>The kind's name; of a stage "c2" ... "c5" (convolution branch) or "t2" ... "t5" (transformer branch).</summary>
    public string Name { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>[<see cref="Height"/>, <see cref="Width"/>] row by row, of any sign and size.</summary>
    public IReadOnlyList<float> Values { get; }

    internal float[] Array => (float[])Values;

    /// <summary>The map scaled to 0-1; zeros where all values are the same.</summary>
    public ImageMap Normalize()
    {
        // As wide a range as this is noise of 32-bit floats where values are the same.
        const double leastRange = 1e-12;
        var (least, most) = (Array.Min(), Array.Max());
        var range = Math.Max((double)most - least, leastRange);
        return With(Height, Width, [.. Array.Select(value => (float)((value - least) / range))]);
    }

    /// <summary>The map enlarged, bilinearly between the centers of its pixels; beyond the outer ones it stays as it is.</summary>
    /// <param name="height">Rows of the new map, at least 1.</param>
    /// <param name="width">Columns of the new map, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 1.</exception>
    public ImageMap Resize(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var resized = new float[checked(height * width)];
        BilinearResize.Apply(Array, Height, Width, resized, height, width);
        return With(height, width, resized);
    }

    private ImageMap With(int height, int width, float[] values) => new(Kind, Name, height, width, values);
}
