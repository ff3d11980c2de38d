namespace Microsoft.ML.Conformer.Detection.Augmentation;

/// <summary>A photo as a network is to see it, without padding, and the class of each of its pixels.</summary>
internal sealed record SegmentedPhoto(RgbImage Image, LabelMap Labels);
