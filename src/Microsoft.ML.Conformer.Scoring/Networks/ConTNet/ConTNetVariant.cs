namespace Microsoft.ML.Conformer;

/// <summary>
/// The four published ConTNets (Yan et al., 2021), with ImageNet's top-1 accuracy as published: plain, and with strong augmentation.
/// </summary>
/// <remarks>Parameters and MACs are of the published code; the paper says 19.2 M and 39.6 M parameters of M and B.</remarks>
public enum ConTNetVariant
{
    /// <summary>ConT-Ti: 5.9 M parameters, 1.0 G MACs at 224x224, 74.9 % with strong augmentation.</summary>
    Tiny,

    /// <summary>ConT-S: 10.1 M parameters, 1.7 G MACs at 224x224, 74.9 %, 76.5 % with strong augmentation.</summary>
    Small,

    /// <summary>ConT-M: 19.5 M parameters, 3.4 G MACs at 224x224, 77.6 %, 80.2 % with strong augmentation.</summary>
    Medium,

    /// <summary>ConT-B: 36.0 M parameters, 7.0 G MACs at 224x224, 77.9 %, 81.8 % with strong augmentation.</summary>
    Base,
}
