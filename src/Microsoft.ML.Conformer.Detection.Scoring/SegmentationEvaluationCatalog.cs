using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Extension methods that measure networks for semantic segmentation on an MLContext.</summary>
public static class SegmentationEvaluationCatalog
{
    /// <summary>
    /// Measures how well a network tells the classes of pixels whose classes are known, over all images together: mean IoU, pixel accuracy
    /// and mean class accuracy, and each class for itself. Pixels without a class do not count.
    /// </summary>
    /// <remarks>
    /// Classes are matched by their names; those that the network alone has come behind the others. Where the column of predicted classes has
    /// no names, as after mlContext.Model.Load, they are the data's in their order. Rows without labels, as their image was skipped, are left
    /// out, and the log says how many.
    /// </remarks>
    /// <param name="catalog">The catalog of multiclass classification.</param>
    /// <param name="data">
    /// The output of ImageSegmenterTransformer.Transform, with the column of label maps that mlContext.Data.LoadSegmentation makes.
    /// </param>
    /// <param name="options">Which columns; null (default) for those that the library names so itself.</param>
    /// <exception cref="ArgumentException">A column's name is empty or given twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A column is absent or of another type, or that of label maps has no annotations of classes.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// There is no image, or a label map cannot be used or has another size than the prediction; the message names it.
    /// </exception>
    /// <exception cref="IOException">A label map is absent or cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was canceled.</exception>
    public static SegmentationMetrics EvaluateSegmentation(
        this MulticlassClassificationCatalog catalog,
        IDataView data,
        SegmentationEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new SegmentationEvaluationOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        using var channel = CallerEnvironment.Of(catalog).Start(nameof(EvaluateSegmentation));
        return ScoredLabelMaps.Count(
            data, options,
            count => channel.Warning(
                MessageSensitivity.None, "{0}", $"{count} images have no labels, as they were skipped; they are left out."),
            options.CancellationToken);
    }
}
