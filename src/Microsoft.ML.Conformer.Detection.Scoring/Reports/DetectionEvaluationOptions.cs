namespace Microsoft.ML.Conformer.Detection;

/// <summary>Which columns are compared, and how. Copied where it is used: a later change has no effect.</summary>
public sealed class DetectionEvaluationOptions
{
    /// <summary>Column with the true objects' classes, a vector of keys. Default "Label".</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Column with the true boxes, a vector of Single: x0, y0, x1, y1 of each in pixels. Default "BoundingBoxes".</summary>
    public string BoundingBoxColumnName { get; set; } = "BoundingBoxes";

    /// <summary>
    /// Column with the true masks, a vector of text: COCO's compressed run lengths. Default "Masks"; masks are compared where the data has
    /// this column, at least one object has a mask, and there are predicted ones. An object without a mask is taken for all of its box.
    /// </summary>
    public string MaskColumnName { get; set; } = "Masks";

    /// <summary>
    /// Column that says which objects are crowds, a vector of Boolean. Default "IsCrowd"; where the data has no such column, none is.
    /// </summary>
    public string IsCrowdColumnName { get; set; } = "IsCrowd";

    /// <summary>
    /// Column with the true objects' areas in square pixels, a vector of Single. Default "Area"; where the data has no such column, the
    /// masks' or the boxes' areas tell small objects from large ones.
    /// </summary>
    public string AreaColumnName { get; set; } = "Area";

    /// <summary>
    /// Column with the images' files, which the pages show, and whose sizes masks need. Default "ImagePath"; boxes do without it.
    /// </summary>
    public string ImagePathColumnName { get; set; } = "ImagePath";

    /// <summary>Column with the predicted classes, a vector of keys. Default "PredictedLabel".</summary>
    public string PredictedLabelColumnName { get; set; } = DetectorColumns.DefaultPredictedLabel;

    /// <summary>Column with the scores, a vector of Single. Default "Score".</summary>
    public string ScoreColumnName { get; set; } = DetectorColumns.DefaultScore;

    /// <summary>Column with the predicted boxes, a vector of Single. Default "PredictedBoundingBoxes".</summary>
    public string PredictedBoundingBoxColumnName { get; set; } = DetectorColumns.DefaultBoxes;

    /// <summary>Column with the predicted masks, a vector of text. Default "PredictedMasks".</summary>
    public string PredictedMaskColumnName { get; set; } = DetectorColumns.DefaultMasks;

    /// <summary>
    /// From which score on a detection counts where mistakes are counted and images are shown, 0-1. Default 0.3. COCO's figures take all
    /// detections.
    /// </summary>
    public double LeastScore { get; set; } = DetectionOverlayOptions.DefaultLeastScore;

    /// <summary>Told how many images are scored, after each of them. Null (default): nobody.</summary>
    public IProgress<ImageReadingProgress>? Progress { get; set; }

    /// <summary>Ends the evaluation with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal DetectionEvaluationOptions Copy() => (DetectionEvaluationOptions)MemberwiseClone();

    internal IEnumerable<string> Faults() =>
    [
        .. OptionFaults.OfColumns(
        [
            (nameof(LabelColumnName), LabelColumnName), (nameof(BoundingBoxColumnName), BoundingBoxColumnName),
            (nameof(MaskColumnName), MaskColumnName), (nameof(IsCrowdColumnName), IsCrowdColumnName),
            (nameof(AreaColumnName), AreaColumnName), (nameof(ImagePathColumnName), ImagePathColumnName),
            (nameof(PredictedLabelColumnName), PredictedLabelColumnName), (nameof(ScoreColumnName), ScoreColumnName),
            (nameof(PredictedBoundingBoxColumnName), PredictedBoundingBoxColumnName),
            (nameof(PredictedMaskColumnName), PredictedMaskColumnName),
        ]),
        .. OptionFaults.Outside(nameof(LeastScore), LeastScore, 0, 1),
    ];
}
