using Microsoft.ML.Conformer;

namespace FineTune;

/// <summary>What the command line asks for; null where it leaves the choice to the program.</summary>
/// <param name="DataFolder">Folder with train/ and val/, or with class folders only; null: images are generated.</param>
/// <param name="Variant">The published network to train; null: Tiny, and a smaller one for generated images.</param>
/// <param name="Weights">Weights to start from: a file or a published name; null: random ones.</param>
/// <param name="ImageSize">Side of the network's square input in pixels.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="BatchSize">Images in a training step.</param>
/// <param name="LearningRate">AdamW's peak learning rate.</param>
/// <param name="OutputFolder">Where the results go.</param>
/// <param name="Seed">Seeds the generated images, the split, the initial weights, the order and the augmentation.</param>
/// <param name="Device">Where to train.</param>
/// <param name="Threads">CPU threads to compute with; null: one for each processor.</param>
/// <param name="Precision">What model.onnx computes with; model.zip always has 32-bit floats.</param>
/// <param name="SkipBadImages">Whether unreadable images are left out rather than an error.</param>
internal sealed record Settings(
    string? DataFolder,
    ConformerVariant? Variant,
    string? Weights,
    int? ImageSize,
    int? Epochs,
    int? BatchSize,
    double? LearningRate,
    string OutputFolder,
    int Seed,
    TrainingDevice Device,
    int? Threads,
    OnnxPrecision Precision,
    bool SkipBadImages);
