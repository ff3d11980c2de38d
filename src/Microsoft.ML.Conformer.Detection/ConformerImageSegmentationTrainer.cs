using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// Trains a network for semantic segmentation, which gives each pixel a class: a Conformer or ConTNet with the pyramid pooling head of
/// PSPNet (Zhao et al., CVPR 2017).
/// </summary>
/// <remarks>
/// <para><see cref="Fit"/> changes neither the trainer nor its options, so that one trainer may be fitted any number of times.</para>
/// <format type="text/markdown"><![CDATA[
/// ### Input and output columns
/// | Column | Type | Meaning |
/// | --- | --- | --- |
/// | LabelMapPath (in) | text | The path of a PNG with the class of each pixel; its annotations name the classes. |
/// | Image (in) | MLImage, text or bytes | An RGB image of any size, its file's path or contents. |
/// | PredictedLabels (out) | variable vector of Byte | The class of each pixel, row by row, at the size of the image as it came. |
/// | PredictedLabelsSize (out) | vector of two Int32 | Height and width. |
///
/// ### Trainer characteristics
/// | | |
/// | --- | --- |
/// | Machine learning task | Semantic segmentation |
/// | Is normalization required? | No |
/// | Is caching required? | No: the images are decoded once |
/// | Required NuGet packages beside Microsoft.ML | Microsoft.ML.Conformer.Detection and a libtorch of TorchSharp's; to score, ONNX Runtime |
/// | Exportable to ONNX | Yes, by ImageSegmenterTransformer.SaveAsOnnx |
/// ]]></format>
/// </remarks>
public sealed partial class ConformerImageSegmentationTrainer : IEstimator<ImageSegmenterTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly Options _options;

    internal ConformerImageSegmentationTrainer(IHostEnvironment environment, Options options)
    {
        options.Check();
        (_environment, _options) = (environment, options.Copy());
        _host = environment.Register(nameof(ConformerImageSegmentationTrainer));
    }

    /// <summary>The shape of the scored data's schema; for EstimatorChain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SegmentationShape.Of(_host, inputSchema, _options.Columns);
    }

    /// <summary>
    /// Trains a network. Every check of columns and options comes first, and each folder that will be written to is made and tested; then
    /// all label maps are looked at, before an image is.
    /// </summary>
    /// <param name="input">The training images. Their order does not matter: each epoch has its own.</param>
    /// <returns>The model; dispose it when done with it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A column is absent or of another type, or has no annotations of classes; or the validation set has other classes.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A label map cannot be used or has another size than its image; an image cannot be read, and the options say to throw; or all
    /// checkpoints are damaged.
    /// </exception>
    /// <inheritdoc cref="ConformerObjectDetectionTrainer.Fit" path="/exception[@cref='T:System.InvalidOperationException']"/>
    /// <exception cref="IOException">A folder that would be written to cannot be used, or a label map is absent.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    /// <exception cref="InsufficientMemoryException">Not even two images fit into the device's memory.</exception>
    /// <exception cref="FileNotFoundException">The options' pretrained weights are neither a file nor a published name.</exception>
    /// <exception cref="CheckpointFormatException">The file of pretrained weights is damaged, hostile or of another kind.</exception>
    /// <exception cref="WeightMismatchException">The pretrained weights do not fit the network.</exception>
    /// <exception cref="WeightDownloadException">Published weights are not on this machine and cannot be downloaded.</exception>
    /// <exception cref="OperationCanceledException">The options' token was canceled.</exception>
    /// <exception cref="RankFailedException">Another one of the ranks that train together failed, or does not come.</exception>
    public ImageSegmenterTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return RankWork.Do(
            _options.Distributed, _options.DistributedTimeout, _options.CancellationToken, ranks => Train(input, ranks));
    }

    private ImageSegmenterTransformer Train(IDataView input, RankGroup ranks)
    {
        ranks.Cancellation.ThrowIfCancellationRequested();
        var classes = Check(input.Schema);
        if (_options.ValidationSet is { } validation && !Check(validation.Schema).SequenceEqual(classes))
            throw ColumnErrors.Mismatch(
                "label map", _options.LabelMapColumnName, "the same classes in the validation set", "others, or another order",
                "Load both with the same classNames.");
        using var scope = new FitScope(_environment, _host, _options, ranks);
        using var run = new SegmentationRun(_options, _options.Architecture with { NumClasses = classes.Count }, classes, scope);
        var summary = run.Fit(input);
        return new ImageSegmenterTransformer(_environment, run.ToModel(), _options.Columns, _options.InheritedScoring(), summary);
    }

    /// <summary>The classes.</summary>
    private IReadOnlyList<string> Check(DataViewSchema schema)
    {
        ShapeColumns.FindImage(schema, _options.ImageColumnName);
        var classes = LabelMapPaths.Find(schema, _options.LabelMapColumnName).ClassNames;
        return classes.Count > 1
            ? classes
            : throw ColumnErrors.Mismatch(
                "label map", _options.LabelMapColumnName, "at least 2 classes", $"{classes.Count}", "Name all classes when it is loaded.");
    }
}
