namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// How a detector is made of a weight file, without training: what the file does not say. A detector's ONNX file says all of it.
/// </summary>
public sealed class DetectorWeightOptions
{
    /// <summary>
    /// The detector's shape. Null (default): the one that the tensors' names and shapes tell. What they do not tell is as published: the
    /// ratios and scales of anchors, <see cref="DetectorArchitecture.FinestScale"/>, a Conformer's heads of attention (64 channels each),
    /// and of a ConTNet the same (1, 2, 4 and 8 by stage) and no PreNorm. A file of a detector that differs finds objects badly without an
    /// error.
    /// </summary>
    public DetectorArchitecture? Architecture { get; set; }

    /// <summary>How detections are chosen. Null (default): as the Conformer's authors did.</summary>
    public DetectionRules? Rules { get; set; }

    /// <summary>The most pixels of the longer side of images as the network sees them. Null (default): 1344.</summary>
    public int? LongestSide { get; set; }

    /// <summary>The most pixels of the shorter side of images as the network sees them. Null (default): 800.</summary>
    public int? ShortestSide { get; set; }

    /// <summary>
    /// The classes in the order of the network's scores: as many as it has, and no two the same. Null (default): those that the file names
    /// (meta.CLASSES, as mmdetection writes them); where it names none, of 80 classes those of COCO, otherwise "0", "1", and so on.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; set; }

    /// <inheritdoc cref="WeightFileOptions.Average"/>
    public bool Average { get; set; }

    /// <summary>Ends the opening of any file. By default it cannot be canceled.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal IEnumerable<string> Faults() =>
    [
        .. (Architecture?.Faults() ?? []).Select(fault => $"{nameof(Architecture)}: {fault}"),
        .. (Rules?.Faults() ?? []).Select(fault => $"{nameof(Rules)}: {fault}"),
        .. WeightFileOptions.NameFaults(nameof(ClassNames), ClassNames),
    ];

    /// <summary>The options that were set of those that only a weight file needs.</summary>
    internal IEnumerable<string> Given() =>
        new (string Name, object? Value)[]
        {
            (nameof(Architecture), Architecture), (nameof(Rules), Rules), (nameof(LongestSide), LongestSide),
            (nameof(ShortestSide), ShortestSide), (nameof(ClassNames), ClassNames),
        }.Where(option => option.Value is not null).Select(option => option.Name);
}
