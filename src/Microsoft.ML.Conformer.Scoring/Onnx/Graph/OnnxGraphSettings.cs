namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>What an exported graph takes, gives and says about itself.</summary>
internal sealed record OnnxGraphSettings
{
    /// <summary>Height of the images in pixels, fixed in the graph unless <see cref="Options"/> leave it free.</summary>
    public required int ImageHeight { get; init; }

    public required int ImageWidth { get; init; }

    /// <summary>What the input "image" holds. Default <see cref="OnnxInputKind.NormalizedNchw"/>.</summary>
    public OnnxInputKind InputKind { get; init; } = OnnxInputKind.NormalizedNchw;

    /// <summary>How photos become the network's input; recorded, and for inputs of pixels part of the graph.</summary>
    public ImagePreprocessing Preprocessing { get; init; } = new();

    /// <summary>Adds the output "ClassIndex", int64 [N, 1]: the first index of the highest score. Default false.</summary>
    public bool IncludeClassIndex { get; init; }

    /// <summary>What users choose. Default: the defaults. Its preprocessing is what <see cref="InputKind"/> says.</summary>
    public OnnxExportOptions Options { get; init; } = new();

    /// <summary>Names of the classes in index order, recorded in the file; null (default) for none.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The type of the labels' values, recorded in the file; null (default) for text.</summary>
    public string? LabelType { get; init; }

    /// <summary>How the network was trained, as JSON, recorded in the file; null (default) for nothing.</summary>
    public string? Recipe { get; init; }

    /// <summary>By what the heads' logits were divided since the training; recorded in the metadata. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Whether the images that the network was trained on were named by their files' paths; recorded in the metadata.</summary>
    public bool IsOfFiles { get; init; }

    /// <summary>Whether ML.NET's OnnxTransformer gives Score SlotNames. Default true; false for labels that are not text.</summary>
    public bool IncludeSlotNames { get; init; } = true;

    internal IEnumerable<string> Faults(VisionArchitecture architecture)
    {
        if (ImageHeight < 1 || ImageWidth < 1)
            yield return $"The image is {ImageHeight} x {ImageWidth} pixels; both must be at least 1.";
        foreach (var fault in architecture.ImageSizeFaults(ImageHeight, ImageWidth))
            yield return fault;
        if (!Enum.IsDefined(InputKind))
            yield return OptionFaults.NotDefined(nameof(InputKind), InputKind);
        if (Labels is not null && Labels.Count != architecture.NumClasses)
            yield return $"There are {Labels.Count} labels; the network has {architecture.NumClasses} classes.";
        if (Labels is null && (Options.IncludePredictedLabel || Options.TopK is not null))
            yield return "There are no labels; without them there are neither predicted nor top labels.";
        if (Options.IncludePreprocessing != (InputKind == OnnxInputKind.PhotosNhwc))
            yield return $"{nameof(InputKind)} is {InputKind}, but {nameof(Options.IncludePreprocessing)} is " +
                $"{Options.IncludePreprocessing}; one goes with the other.";
        foreach (var fault in Options.Faults(architecture))
            yield return fault;
        if (InputKind == OnnxInputKind.PhotosNhwc && ImageHeight != ImageWidth)
            yield return $"The image is {ImageHeight} x {ImageWidth} pixels; photos are cropped to squares.";
        if (InputKind != OnnxInputKind.NormalizedNchw)
            foreach (var fault in Preprocessing.Faults(architecture.InputChannels))
                yield return fault;
    }
}
