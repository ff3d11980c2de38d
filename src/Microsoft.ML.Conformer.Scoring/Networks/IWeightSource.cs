namespace Microsoft.ML.Conformer.Networks;

/// <summary>Named fp32 tensors under the official state-dict names.</summary>
internal interface IWeightSource
{
    /// <summary>Whether there is a tensor of this name.</summary>
    bool Contains(string name);

    /// <summary>The tensor's shape.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    IReadOnlyList<long> Shape(string name);

    /// <summary>
    /// The tensor's values in row-major order, read anew at each call so that no second copy of a network stays in memory.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    float[] Read(string name);

    /// <summary>Writes the tensor's values in row-major order to <paramref name="destination"/>, which has its length.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    void CopyTo(string name, Span<float> destination) => Read(name).CopyTo(destination);
}
