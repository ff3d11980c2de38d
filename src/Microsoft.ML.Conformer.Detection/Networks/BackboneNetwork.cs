namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>A classifying network without its heads, and without stochastic depth.</summary>
internal static class BackboneNetwork
{
    /// <exception cref="ArgumentException">There is no network of that architecture.</exception>
    public static VisionNetwork Create(VisionArchitecture architecture, long seed) => architecture switch
    {
        ConformerArchitecture conformer =>
            new ConformerNetwork(conformer, dropPath: 0, seed, zeroInitialResidual: false, hasHeads: false),
        ConTNetArchitecture contnet => new ConTNetNetwork(contnet, dropPath: 0, seed, hasHeads: false),
        var other => throw new ArgumentException($"There is no backbone for {other.GetType().Name}.", nameof(architecture)),
    };
}
