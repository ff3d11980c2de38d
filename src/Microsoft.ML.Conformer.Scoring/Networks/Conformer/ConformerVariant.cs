namespace Microsoft.ML.Conformer;

/// <summary>The four published Conformers (Peng et al., ICCV 2021, table 2; the patch-32 variant is mmpretrain's).</summary>
public enum ConformerVariant
{
    /// <summary>Conformer-Ti/16: 23.5 M parameters, 5.2 G MACs at 224x224, 81.3 % ImageNet top-1.</summary>
    Tiny,

    /// <summary>Conformer-S/16: 37.7 M parameters, 10.6 G MACs at 224x224, 83.4 % ImageNet top-1.</summary>
    Small,

    /// <summary>Conformer-S/32: 38.9 M parameters, 7.0 G MACs at 224x224, 81.96 % ImageNet top-1.</summary>
    SmallPatch32,

    /// <summary>Conformer-B/16: 83.3 M parameters, 23.3 G MACs at 224x224, 84.1 % ImageNet top-1.</summary>
    Base,
}
