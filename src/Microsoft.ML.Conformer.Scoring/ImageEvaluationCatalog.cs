using Microsoft.ML.Conformer;

namespace Microsoft.ML;

/// <summary>Extension methods that measure how good a trained image classifier is, and when.</summary>
public static class ImageEvaluationCatalog
{
    /// <summary>
    /// Scores images whose classes are known, and tells how good the network and each of its branches are: accuracies, scores of each
    /// class, calibration, confidence intervals, what a threshold for "none of these" would do, and which images are likely mislabeled.
    /// </summary>
    /// <remarks>
    /// Images are scored as the model's options say, test-time augmentation included. Meanwhile 4 bytes are kept for each image, class and
    /// branch, the sum of the branches included: 600 MB for 50,000 images and 1,000 classes of a Conformer. The result keeps the sum's.
    /// </remarks>
    /// <param name="catalog">The catalog of multiclass classification.</param>
    /// <param name="model">
    /// The trained or loaded model; its options say how to score and what becomes of images that cannot be used.
    /// </param>
    /// <param name="data">
    /// Rows with the image column that the model reads, and a label: as mlContext.Data.LoadFromImageFolder gives them, or with keys.
    /// </param>
    /// <param name="options">What to measure; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">
    /// Options are out of range, or a column is missing or of another type; the message lists all.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// An image cannot be used, the network gives no finite scores for one, a label is no class of the model, or there is no image with a label.
    /// </exception>
    /// <exception cref="OperationCanceledException">The evaluation was canceled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ImageEvaluation EvaluateImages(
        this MulticlassClassificationCatalog catalog, ImageClassifierTransformer model, IDataView data,
        ImageEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new ImageEvaluationOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        return model.Evaluate(data, options);
    }

    /// <summary>
    /// Scores images whose classes are known as they are, distorted (turned, blurred, noisy, saved as JPEG, darker and lighter), and at
    /// other sizes, and tells how accuracy goes with it.
    /// </summary>
    /// <remarks>
    /// It is the center of an image that is distorted and scored, with its mirror image where the model's options say so, but never with
    /// <see cref="ScoringOptions.FiveCrop"/>.
    /// </remarks>
    /// <param name="catalog">The catalog of multiclass classification.</param>
    /// <param name="model">
    /// The trained or loaded model; its options say how to score and what becomes of images that cannot be used.
    /// </param>
    /// <param name="data">As for <see cref="EvaluateImages"/>.</param>
    /// <param name="options">What to do to the images; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// Options are out of range, or a column is missing or of another type; the message lists all.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// An image cannot be used, the network gives no finite scores for one, a label is no class of the model, or there is no image with a label.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Other sizes were asked for, and the model was loaded from a file without its weights in 32-bit floats.
    /// </exception>
    /// <exception cref="OperationCanceledException">The evaluation was canceled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ImageRobustness EvaluateImageRobustness(
        this MulticlassClassificationCatalog catalog, ImageClassifierTransformer model, IDataView data, RobustnessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new RobustnessOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        return model.Evaluate(data, options);
    }

    /// <summary>
    /// Locates the objects in images with the maps of a classifier, which was trained on labels alone, and tells how many are found.
    /// </summary>
    /// <remarks>
    /// Images are shown whole, both sides resized to the network's size, and once: test-time augmentation has no effect here.
    /// </remarks>
    /// <param name="catalog">The catalog of multiclass classification.</param>
    /// <param name="model">
    /// The trained or loaded model; its options say how to score and what becomes of images that cannot be used.
    /// </param>
    /// <param name="data">As for <see cref="EvaluateImages"/>; the images' files must be known.</param>
    /// <param name="boxes">Where the objects are, by the images' full paths, as <see cref="ImageBoxes"/> reads them.</param>
    /// <param name="options">How to locate; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// Options are out of range, or a column is missing or of another type; the message lists all.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// An image cannot be used, the network gives no finite scores for one, a label is no class of the model, or there is no image with a label and a box.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model was loaded from a file without its weights in 32-bit floats.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was canceled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static ImageLocalization EvaluateImageLocalization(
        this MulticlassClassificationCatalog catalog, ImageClassifierTransformer model, IDataView data,
        IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> boxes, LocalizationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(boxes);
        options ??= new LocalizationOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        return model.Locate(data, boxes, options);
    }
}
