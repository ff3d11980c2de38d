namespace Microsoft.ML.Conformer.Networks;

/// <summary>Named fp32 tensors under the official state-dict names.</summary>
internal interface IWeightSource
{
    bool Contains(string name);

    IReadOnlyList<long> Shape(string name);

    /// <summary>The values in row-major order, read anew at each call so that no second copy of a network stays in memory.</summary>
    float[] Read(string name);

    /// <summary>Writes the tensor's values in row-major order to <paramref name="destination"/>, which has its length.</summary>
    void CopyTo(string name, Span<float> destination) => Read(name).CopyTo(destination);
}
