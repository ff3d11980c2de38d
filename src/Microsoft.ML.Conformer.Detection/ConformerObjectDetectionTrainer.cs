using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// Trains a detector, Faster R-CNN, Mask R-CNN or RetinaNet on a Conformer or a ConTNet, as the Conformer's authors did with mmdetection.
/// Columns are those of ML.NET's own ObjectDetectionTrainer.
/// </summary>
/// <remarks>
/// <para><see cref="Fit"/> changes neither the trainer nor its options, so that one trainer may be fitted any number of times.</para>
/// <format type="text/markdown"><![CDATA[
/// ### Input and output columns
/// | Column | Type | Meaning |
/// | --- | --- | --- |
/// | Label (in) | variable vector of keys | The class of each object. |
/// | BoundingBoxes (in) | variable vector of Single | x0, y0, x1, y1 of each, in pixels of the image. |
/// | Masks (in) | variable vector of text | COCO's compressed run lengths of each; read where the detector has masks. |
/// | IsCrowd (in) | variable vector of Boolean | Objects that are neither learned nor to be found; may be absent. |
/// | Image (in) | MLImage, text or bytes | An RGB image of any size, its file's path or contents. |
/// | PredictedLabel (out) | variable vector of keys | The classes of the found objects, by falling score. |
/// | Score (out) | variable vector of Single | Their scores, 0-1. |
/// | PredictedBoundingBoxes (out) | variable vector of Single | Their boxes, in pixels of the image as it came. |
/// | PredictedMasks (out) | variable vector of text | Their masks, where the detector has masks. |
///
/// ### Trainer characteristics
/// | | |
/// | --- | --- |
/// | Machine learning task | Object detection and instance segmentation |
/// | Is normalization required? | No |
/// | Is caching required? | No: the images are decoded once |
/// | Required NuGet packages beside Microsoft.ML | Microsoft.ML.Conformer.Detection and a libtorch of TorchSharp's; to score, ONNX Runtime |
/// | Exportable to ONNX | Yes, by ObjectDetectorTransformer.SaveAsOnnx |
/// ]]></format>
/// </remarks>
public sealed partial class ConformerObjectDetectionTrainer : IEstimator<ObjectDetectorTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly Options _options;

    internal ConformerObjectDetectionTrainer(IHostEnvironment environment, Options options)
    {
        options.Check();
        (_environment, _options) = (environment, options.Copy());
        _host = environment.Register(nameof(ConformerObjectDetectionTrainer));
    }

    /// <summary>The shape of the scored data's schema; for EstimatorChain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return DetectionShape.Of(_host, inputSchema, _options.Columns, _options.Architecture.HasMasks);
    }

    /// <summary>
    /// Trains a detector. The data is read once; every check of columns and options comes first, and each folder that will be written to is
    /// made and tested.
    /// </summary>
    /// <param name="input">The training images. Their order does not matter: each epoch has its own.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of another type.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is no usable image with an object, no usable GPU or execution provider though one was asked for, or training diverged
    /// (<see cref="TrainingDivergedException"/>), or the checkpoints are of another run.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// An image cannot be read, and the options say to throw; labels and boxes do not fit together; or all checkpoints are damaged.
    /// </exception>
    /// <exception cref="IOException">A folder that would be written to cannot be used; the message says which and why.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    /// <exception cref="InsufficientMemoryException">Not even one image fits into the device's memory.</exception>
    /// <exception cref="FileNotFoundException">The options' pretrained weights are neither a file nor a published name.</exception>
    /// <exception cref="CheckpointFormatException">The file of pretrained weights is damaged, hostile or of another kind.</exception>
    /// <exception cref="WeightMismatchException">The pretrained weights do not fit the detector.</exception>
    /// <exception cref="WeightDownloadException">Published weights are not on this machine and cannot be downloaded.</exception>
    /// <exception cref="OperationCanceledException">The options' token was canceled.</exception>
    /// <exception cref="RankFailedException">Another one of the ranks that train together failed, or does not come.</exception>
    public ObjectDetectorTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return RankWork.Do(
            _options.Distributed, _options.DistributedTimeout, _options.CancellationToken, ranks => Train(input, ranks));
    }

    private ObjectDetectorTransformer Train(IDataView input, RankGroup ranks)
    {
        ranks.Cancellation.ThrowIfCancellationRequested();
        var label = _options.ObjectColumns.Check(input.Schema);
        ShapeColumns.FindImage(input.Schema, _options.ImageColumnName);
        var labels = ClassLabels.Of(label);
        if (labels.Faults().FirstOrDefault() is { } fault)
            throw ColumnErrors.Mismatch(
                "label", label.Name, "keys whose classes can be told apart", fault, "Give every class a name of its own.");
        if (_options.ValidationSet is { } validation &&
            !ClassLabels.Of(_options.ObjectColumns.Check(validation.Schema)).HaveSameOrderAs(labels))
            throw ColumnErrors.Mismatch(
                "label", label.Name, "the same classes in the validation set", "others, or another order",
                "Load both with the same classes, or map the labels of both by one MapValueToKey.");

        using var scope = new FitScope(_environment, _host, _options, ranks);
        using var run = new DetectionRun(_options, _options.Architecture with { NumClasses = labels.Count }, labels, scope);
        var summary = run.Fit(input);
        return new ObjectDetectorTransformer(_environment, run.ToModel(), _options.Columns, _options.InheritedScoring(), summary);
    }
}
