using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// A trained object detector: adds the boxes, classes and scores of the objects in each image, and their masks where it has such. Made by
/// a trainer, or from a file by mlContext.Model.LoadObjectDetector.
/// </summary>
/// <remarks>
/// <para>Columns, as ML.NET's own detector has them, an object's values at the same place of each, by falling score: PredictedLabel, a
/// vector of keys; Score, a vector of numbers 0-1; PredictedBoundingBoxes, four numbers for each object, x0 y0 x1 y1 in pixels of the image
/// as it came in; and of detectors with masks PredictedMasks, a vector of text, COCO's compressed run lengths at the image's size, which
/// <c>RunLengthMask.Parse</c> reads.</para>
/// <para>It scores through ONNX Runtime and needs no libtorch. Images are resized with their ratio kept, as the detector's training did,
/// and padded; those of one padded size go through the network together, as many as <see cref="ScoringOptions.MaxBatchSize"/> says, but no
/// more than have 4 million pixels in all.</para>
/// <para>All members may be called by any number of threads at once. Views, engines and mappers made by it score with its one session:
/// after <see cref="Dispose"/> they throw <see cref="ObjectDisposedException"/>. A PredictionEngine disposes the model with itself unless
/// PredictionEngineOptions.OwnsTransformer is false.</para>
/// <para>A row whose image is missing or unusable throws <see cref="InvalidDataException"/> when its objects are read, or has none where
/// <see cref="ScoringOptions.BadImages"/> says to skip it; never another row's.</para>
/// </remarks>
public sealed class ObjectDetectorTransformer : ITransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly DetectorModel _model;
    private readonly DetectorColumns _columns;
    private readonly PhotoScoring<Detections> _scoring;

    /// <summary>Opens a session; the options are the detector's own from now on.</summary>
    internal ObjectDetectorTransformer(
        IHostEnvironment environment, DetectorModel model, DetectorColumns columns, ScoringOptions options, TrainingSummary? summary = null)
    {
        OptionFaults.ThrowIfAny([.. Faults(columns, options)]);
        (_environment, _model, _columns, Summary) = (environment, model, columns, summary);
        _scoring = new PhotoScoring<Detections>(
            new DetectorSession(environment, model, options, typeof(ObjectDetectorTransformer)), DetectionColumns.Of(model, columns),
            columns.Image, model.Metadata.Images.Colors, options, Detections.None);
    }

    /// <summary>The detector's shape.</summary>
    public DetectorArchitecture Architecture => _model.Architecture;

    /// <summary>How its detections are chosen.</summary>
    public DetectionRules Rules => _model.Metadata.Rules;

    /// <summary>The classes as text (invariant culture), in the order of the keys.</summary>
    public IReadOnlyList<string> ClassNames => _model.Labels.Names;

    /// <summary>The most pixels of the longer side of images as the network sees them.</summary>
    public int LongestSide => _model.Metadata.Images.LongestSide;

    /// <summary>The most pixels of the shorter side of images as the network sees them.</summary>
    public int ShortestSide => _model.Metadata.Images.ShortestSide;

    /// <summary>How training went; null of a detector that was loaded.</summary>
    public TrainingSummary? Summary { get; }

    /// <summary>What shows through transparent pixels of the images to score.</summary>
    internal ImageBackground Background => _model.Metadata.Images.Colors.Background;

    bool ITransformer.IsRowToRowMapper => true;

    internal static ObjectDetectorTransformer Load(
        IHostEnvironment environment, string path, DetectorColumns columns, ScoringOptions options, DetectorWeightOptions weights)
    {
        OptionFaults.ThrowIfAny([.. Faults(columns, options), .. DetectorFile.Faults(weights)]);
        return PhotoScoring.Open(
            path, "object detector", nameof(ObjectDetectorTransformer),
            source => new ObjectDetectorTransformer(
                environment, DetectorFile.Read(environment, source, weights), columns, options.Copy()),
            ", or a zip that mlContext.Model.Save wrote with one in it, or a weight file (.pth, .safetensors)");
    }

    /// <summary>The input's columns, and the detector's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _scoring.SchemaFor(inputSchema).Output;

    /// <inheritdoc cref="ImageClassifierTransformer.Transform"/>
    public IDataView Transform(IDataView input) => _scoring.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _scoring.MapperFor(inputSchema);

    /// <summary>
    /// Saves the detector as an ONNX file of standard operators, which finds the objects by itself. Inputs: "image", float [N, 3, H, W],
    /// RGB values normalized and padded with zeros at the bottom and at the right to multiples of 32 (ConTNets: of what their windows need);
    /// "sizes", int64 [N, 2], height and width without padding. Outputs, of all D objects in the batch, ordered by image and falling score:
    /// "boxes", float [D, 4], x0 y0 x1 y1 in pixels of the input; "scores", float [D]; "labels" and "images", int64 [D], from 0; with masks
    /// "masks", float [D, 28, 28], probabilities inside of the boxes. The metadata has class names, sizes and rules.
    /// </summary>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written.</exception>
    public void SaveAsOnnx(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _scoring.ThrowIfDisposed();
        AtomicFile.Write(path, stream => stream.Write(_model.Onnx));
    }

    /// <summary>
    /// Finds the objects of a photo and draws them on it: boxes with the class's name and the score, masks half transparent, each class in
    /// a color of its own. The picture is upright and as large as the photo.
    /// </summary>
    /// <param name="imagePath">The photo.</param>
    /// <param name="outputPath">
    /// The file to write, PNG or JPEG as it ends in .png, .jpg or .jpeg. It is replaced only once the new one is complete.
    /// </param>
    /// <param name="options">What is drawn; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the file to write ends in something else.</exception>
    /// <exception cref="InvalidDataException">The photo cannot be used; the message names it and says why.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read or written.</exception>
    public void SaveOverlay(string imagePath, string outputPath, DetectionOverlayOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(imagePath);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputPath);
        options ??= new DetectionOverlayOptions();
        OptionFaults.ThrowIfAny([.. options.Faults()]);
        if (DetectionPicture.FaultOf(outputPath) is { } fault)
            throw new ArgumentException(fault, nameof(outputPath));
        var (photo, found) = Detect(imagePath);
        SaveOverlay(photo, found, outputPath, options);
    }

    /// <summary>A photo, and what is found in it.</summary>
    /// <exception cref="InvalidDataException">The photo cannot be used; the message names it and says why.</exception>
    internal (RgbImage Photo, Detections Found) Detect(string imagePath) => _scoring.ScoreFile(imagePath);

    /// <summary>An object's mask as COCO's compressed run lengths.</summary>
    internal string MaskOf(Detections found, DetectedObject one) => found.MaskOf(one, Rules.MaskThreshold).ToString();

    /// <summary>Draws what was found in a photo.</summary>
    internal void SaveOverlay(RgbImage photo, Detections found, string outputPath, DetectionOverlayOptions options) =>
        DetectionPicture.Save(DetectionPicture.Of(photo, [.. found.From(options.LeastScore).Select(one =>
            new DrawnObject(
                one.Box.ToImageBox(), one.Label, options.HasLabels ? DrawnObject.LabelOf(ClassNames[one.Label], one.Score) : null,
                one.Mask is null || options.MaskOpacity == 0 ? null : found.PastedMaskOf(one, Rules.MaskThreshold)))],
            options.MaskOpacity), outputPath);

    /// <summary>What is found in photos, in their order; masks are yet to be pasted.</summary>
    /// <param name="count">How many photos there are.</param>
    /// <param name="photo">Gives each by its index, once, on several threads.</param>
    internal IReadOnlyList<Detections> Detect(int count, Func<int, RgbImage> photo) => _scoring.Score(count, photo);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        _scoring.ThrowIfDisposed();
        DetectorPipeline.Of(_environment, _model, _columns).Save(ctx);
    }

    /// <summary>Frees the ONNX Runtime session, after scorings under way have ended. A second call does nothing.</summary>
    public void Dispose() => _scoring.Dispose();

    private static IEnumerable<string> Faults(DetectorColumns columns, ScoringOptions options) =>
        [.. PhotoScoring.Faults(options, "detectors have"), .. columns.Faults()];
}
