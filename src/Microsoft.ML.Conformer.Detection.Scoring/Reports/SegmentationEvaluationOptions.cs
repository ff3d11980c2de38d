namespace Microsoft.ML.Conformer.Detection;

/// <summary>Which columns are compared. Copied where it is used: a later change has no effect.</summary>
public sealed class SegmentationEvaluationOptions
{
    /// <summary>Column with the label maps' paths, as mlContext.Data.LoadSegmentation makes it. Default "LabelMapPath".</summary>
    public string LabelMapColumnName { get; set; } = nameof(LabeledImageRow.LabelMapPath);

    /// <summary>Column with the predicted classes, a vector of Byte. Default "PredictedLabels".</summary>
    public string PredictedLabelsColumnName { get; set; } = SegmenterColumns.DefaultPredictedLabels;

    /// <summary>Column with their height and width, a vector of two Int32. Default "PredictedLabelsSize".</summary>
    public string SizeColumnName { get; set; } = SegmenterColumns.DefaultSize;

    /// <summary>Ends the evaluation with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal IEnumerable<string> Faults() => OptionFaults.OfColumns(
    [
        (nameof(LabelMapColumnName), LabelMapColumnName), (nameof(PredictedLabelsColumnName), PredictedLabelsColumnName),
        (nameof(SizeColumnName), SizeColumnName),
    ]);
}
