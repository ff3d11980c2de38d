namespace Microsoft.ML.Conformer;

/// <summary>How the down unit brings a feature map to the patch grid (Peng et al., table 7).</summary>
public enum DownSampling
{
    /// <summary>Average pooling after the 1x1 projection; the published networks.</summary>
    Average,

    /// <summary>Maximum pooling after the 1x1 projection.</summary>
    Maximum,

    /// <summary>The projection itself is a convolution whose kernel and stride are the pooling factor.</summary>
    Convolution,
}
