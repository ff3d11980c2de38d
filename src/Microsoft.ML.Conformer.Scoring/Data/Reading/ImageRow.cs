namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>One row of a data set: an image and its class, or what is wrong with the image.</summary>
/// <param name="Label">Class index from 0, or null where the label is missing; the image is then not read.</param>
/// <param name="Image">The pixels, or null where the label is missing or the image bad.</param>
/// <param name="Fault">What is wrong with the image, or null.</param>
internal readonly record struct ImageRow(long? Label, RgbImage? Image, BadImage? Fault);
