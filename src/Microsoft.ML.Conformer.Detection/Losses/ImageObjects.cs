using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>The objects that are to be found in an image of a batch.</summary>
/// <param name="Size">The image's, without padding.</param>
/// <param name="Boxes">In its pixels.</param>
/// <param name="Labels">Class indices from 0.</param>
/// <param name="Masks">Of the objects, in the image or the image as it was padded; empty where no masks are trained.</param>
internal sealed record ImageObjects(
    ImageSize Size, IReadOnlyList<Box> Boxes, IReadOnlyList<int> Labels, IReadOnlyList<RunLengthMask> Masks);

/// <summary>A part of a detector's loss.</summary>
/// <param name="Name">mmdetection's.</param>
/// <param name="Values">The loss, or, of anchors, one for each level of the pyramid: their sum is the loss.</param>
internal sealed record PartialLoss(string Name, Tensor Values);
