using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML;

/// <summary>Extension methods that measure object detectors on an MLContext.</summary>
public static class DetectionEvaluationCatalog
{
    /// <summary>
    /// Measures what a detector found in images whose objects are known, as COCO does, of boxes and, where there are masks, of masks; and
    /// counts mistakes by their kind.
    /// </summary>
    /// <remarks>
    /// ML.NET's own EvaluateObjectDetection takes the same columns, with labels mapped to text, but its mean average precision is not
    /// COCO's: it drops scores under 0.05 and crowds count as objects.
    /// </remarks>
    /// <param name="catalog">The catalog of multiclass classification, where ML.NET has its own detector.</param>
    /// <param name="data">
    /// The output of a detector's Transform, with the true columns that mlContext.Data.LoadFromCoco and its siblings make.
    /// </param>
    /// <param name="options">The columns' names and more; null for the defaults.</param>
    /// <returns>The figures, which can be saved as JSON, CSV and a page.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of another type.</exception>
    /// <exception cref="InvalidDataException">
    /// There is no image, a row's columns do not fit together, or an image's size cannot be read where masks are compared.
    /// </exception>
    /// <exception cref="OperationCanceledException">The evaluation was canceled.</exception>
    public static DetectionReport EvaluateDetections(
        this MulticlassClassificationCatalog catalog, IDataView data, DetectionEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        options = options?.Copy() ?? new DetectionEvaluationOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        return DetectionReport.Of(new ScoredRows(data, options), options.LeastScore);
    }
}
