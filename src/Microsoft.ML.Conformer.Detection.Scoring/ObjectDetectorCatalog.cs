using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML;

/// <summary>Opens object detectors on an MLContext.</summary>
public static class ObjectDetectorCatalog
{
    /// <summary>
    /// Opens a trained object detector from an ONNX file that ObjectDetectorTransformer.SaveAsOnnx wrote, or from a zip that
    /// mlContext.Model.Save wrote with one in it.
    /// </summary>
    /// <remarks>
    /// Nothing of an ONNX file is run but the network that its metadata names, with the file's weights. A zip is opened by ML.NET, whose
    /// other steps are not run; take strangers' detectors as ONNX files.
    /// </remarks>
    /// <param name="catalog">The catalog of model operations.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How to score; null for the defaults. Copied. Detectors have no test-time augmentation.</param>
    /// <param name="imageColumnName">Name of the image column (MLImage, files' paths or contents). Default "Image".</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the objects' classes. Default "PredictedLabel".</param>
    /// <param name="scoreColumnName">Name of the output column with their scores. Default "Score".</param>
    /// <param name="predictedBoundingBoxColumnName">Name of the output column with their boxes. Default "PredictedBoundingBoxes".</param>
    /// <param name="predictedMaskColumnName">Name of the output column with their masks. Default "PredictedMasks".</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or a name is empty or given twice; the message lists all.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no object detector; the message names it and says why.</exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    public static ObjectDetectorTransformer LoadObjectDetector(
        this ModelOperationsCatalog catalog,
        string path,
        ScoringOptions? options = null,
        string imageColumnName = DetectorColumns.DefaultImage,
        string predictedLabelColumnName = DetectorColumns.DefaultPredictedLabel,
        string scoreColumnName = DetectorColumns.DefaultScore,
        string predictedBoundingBoxColumnName = DetectorColumns.DefaultBoxes,
        string predictedMaskColumnName = DetectorColumns.DefaultMasks)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var columns = new DetectorColumns(
            imageColumnName, predictedLabelColumnName, scoreColumnName, predictedBoundingBoxColumnName, predictedMaskColumnName);
        return ObjectDetectorTransformer.Load(CallerEnvironment.Of(catalog), path, columns, options ?? new ScoringOptions());
    }
}
