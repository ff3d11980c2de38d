using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML;

/// <summary>Opens networks for semantic segmentation on an MLContext.</summary>
public static class ImageSegmenterCatalog
{
    /// <summary>
    /// Opens a trained network for segmentation from an ONNX file that ImageSegmenterTransformer.SaveAsOnnx wrote, or from a zip that
    /// mlContext.Model.Save wrote, with the model alone or in a longer chain, of which only the network is opened.
    /// </summary>
    /// <remarks>Nothing of a file is run but the network that its metadata names, with the file's weights.</remarks>
    /// <param name="catalog">The catalog of model operations.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How to score; null for the defaults. Copied. There is no test-time augmentation.</param>
    /// <param name="imageColumnName">Name of the image column (MLImage, files' paths or contents). Default "Image".</param>
    /// <param name="predictedLabelsColumnName">Name of the output column with the pixels' classes. Default "PredictedLabels".</param>
    /// <param name="sizeColumnName">Name of the output column with their height and width. Default "PredictedLabelsSize".</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or a name is empty or given twice; the message lists all.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no network for segmentation; the message names it and says why.</exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    public static ImageSegmenterTransformer LoadImageSegmenter(
        this ModelOperationsCatalog catalog,
        string path,
        ScoringOptions? options = null,
        string imageColumnName = SegmenterColumns.DefaultImage,
        string predictedLabelsColumnName = SegmenterColumns.DefaultPredictedLabels,
        string sizeColumnName = SegmenterColumns.DefaultSize)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var columns = new SegmenterColumns(imageColumnName, predictedLabelsColumnName, sizeColumnName);
        return ImageSegmenterTransformer.Load(CallerEnvironment.Of(catalog), path, columns, options ?? new ScoringOptions());
    }
}
