using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML;

/// <summary>Opens object detectors on an MLContext.</summary>
public static class ObjectDetectorCatalog
{
    /// <summary>
    /// Opens a trained object detector from an ONNX file that ObjectDetectorTransformer.SaveAsOnnx wrote, or from a zip that
    /// mlContext.Model.Save wrote, with the model alone or in a longer chain, of which only the detector is opened. It also makes one of a
    /// weight file, without training: of mmdetection's .pth of a Faster, Mask or Cascade Mask R-CNN or RetinaNet on a Conformer or ConTNet,
    /// or of a safetensors file with the same names.
    /// </summary>
    /// <remarks>
    /// <para>Nothing of a file is run but the network that it is of, with the file's weights.</para>
    /// <para>Of a weight file the network is found by the tensors' names and shapes, and the classes' names are those in the file. What it
    /// does not say is as published, or as <paramref name="weights"/> say.</para>
    /// </remarks>
    /// <param name="catalog">The catalog of model operations.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How to score; null for the defaults. Copied. Detectors have no test-time augmentation.</param>
    /// <param name="imageColumnName">Name of the image column (MLImage, files' paths or contents). Default "Image".</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the objects' classes. Default "PredictedLabel".</param>
    /// <param name="scoreColumnName">Name of the output column with their scores. Default "Score".</param>
    /// <param name="predictedBoundingBoxColumnName">Name of the output column with their boxes. Default "PredictedBoundingBoxes".</param>
    /// <param name="predictedMaskColumnName">Name of the output column with their masks. Default "PredictedMasks".</param>
    /// <param name="weights">How a file is opened, and a detector made of weights; null for the defaults.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentException">
    /// Options are out of range, or a name is empty or given twice, and the message lists all faults; or there are more or fewer class
    /// names than classes, or options of weights for a file that says them itself.
    /// </exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no object detector; the message names it and says why.</exception>
    /// <exception cref="CheckpointFormatException">The weight file is damaged or hostile, or names other classes than it has.</exception>
    /// <exception cref="WeightMismatchException">The weights are of no detector, or of another one; the message says how.</exception>
    /// <exception cref="OperationCanceledException">The opening was canceled.</exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    public static ObjectDetectorTransformer LoadObjectDetector(
        this ModelOperationsCatalog catalog,
        string path,
        ScoringOptions? options = null,
        string imageColumnName = DetectorColumns.DefaultImage,
        string predictedLabelColumnName = DetectorColumns.DefaultPredictedLabel,
        string scoreColumnName = DetectorColumns.DefaultScore,
        string predictedBoundingBoxColumnName = DetectorColumns.DefaultBoxes,
        string predictedMaskColumnName = DetectorColumns.DefaultMasks,
        DetectorWeightOptions? weights = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var columns = new DetectorColumns(
            imageColumnName, predictedLabelColumnName, scoreColumnName, predictedBoundingBoxColumnName, predictedMaskColumnName);
        return ObjectDetectorTransformer.Load(
            CallerEnvironment.Of(catalog), path, columns, options ?? new ScoringOptions(), weights ?? new DetectorWeightOptions());
    }
}
