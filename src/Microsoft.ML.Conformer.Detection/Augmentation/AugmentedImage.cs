namespace Microsoft.ML.Conformer.Detection.Augmentation;

/// <summary>An image as a network is to see it, without padding, and the objects that it is to find there.</summary>
/// <param name="Image">The pixels.</param>
/// <param name="Boxes">In the image.</param>
/// <param name="Labels">Class indices from 0.</param>
/// <param name="Masks">Of the image; empty where no masks are trained.</param>
internal sealed record AugmentedImage(
    RgbImage Image, IReadOnlyList<Box> Boxes, IReadOnlyList<int> Labels, IReadOnlyList<RunLengthMask> Masks);
