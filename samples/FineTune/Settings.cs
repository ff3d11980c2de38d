using Microsoft.ML.Conformer;

namespace FineTune;

/// <summary>What the command line asks for.</summary>
/// <param name="DataFolder">Folder or manifest, as LoadImageSplits takes it; null: images are generated.</param>
/// <param name="OutputFolder">Where the results go.</param>
/// <param name="Precision">What model.onnx computes with; model.zip always has 32-bit floats.</param>
/// <param name="ShowAugmented">PNG file for training images as the network would see them; null: it is trained.</param>
/// <param name="Check">Whether the photos are checked, and nothing is trained.</param>
/// <param name="Training">How to train.</param>
internal sealed record Settings(
    string? DataFolder, string OutputFolder, OnnxPrecision Precision, string? ShowAugmented, bool Check,
    ImageClassificationTrainerOptions Training);
