namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>The order of a batch's dimensions in memory.</summary>
internal enum PixelLayout
{
    /// <summary>[N, H, W, 3], which libtorch calls channels_last.</summary>
    Nhwc,

    /// <summary>[N, 3, H, W].</summary>
    Nchw,
}
