using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// A trained network for semantic segmentation: adds the class of each pixel of each image. Made by
/// a trainer, or from a file by mlContext.Model.LoadImageSegmenter.
/// </summary>
/// <remarks>
/// <para>Columns: PredictedLabels, a vector of bytes, the class of each pixel from 0, row by row, at the size of the image as it came in,
/// with the annotation ClassNames; PredictedLabelsSize, two integers, its height and width. <see cref="LabelMap"/> takes both, and writes
/// them as a PNG with a palette or over the photo.</para>
/// <para>It scores through ONNX Runtime and needs no libtorch. Images are resized with their ratio kept, as in training, and padded; each
/// pixel of the image as it came in has the class of the nearest one that the network saw. Images of one padded size go through the network
/// together, as many as <see cref="ScoringOptions.MaxBatchSize"/> says, but no more than have 4 million pixels in all.</para>
/// <para>All members may be called by any number of threads at once. After <see cref="Dispose"/> views, engines and mappers made by it
/// throw <see cref="ObjectDisposedException"/>.</para>
/// <para>A row whose image is missing or unusable throws <see cref="InvalidDataException"/> when its labels are read, or has none and a
/// size of 0 where <see cref="ScoringOptions.BadImages"/> says to skip it.</para>
/// </remarks>
public sealed class ImageSegmenterTransformer : ITransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly SegmenterModel _model;
    private readonly SegmenterColumns _columns;
    private readonly PhotoScoring<LabelMap> _scoring;

    /// <summary>Opens a session; the options are its own from now on.</summary>
    internal ImageSegmenterTransformer(
        IHostEnvironment environment, SegmenterModel model, SegmenterColumns columns, ScoringOptions options, TrainingSummary? summary = null)
    {
        ThrowIfFaulty(columns, options);
        (_environment, _model, _columns, Summary) = (environment, model, columns, summary);
        _scoring = new PhotoScoring<LabelMap>(
            new SegmenterSession(environment, model, options, typeof(ImageSegmenterTransformer)), columns.Of(model.Metadata.Labels),
            columns.Image, model.Metadata.Images.Colors, options, LabelMap.None);
    }

    /// <summary>The network's shape.</summary>
    public SegmentationArchitecture Architecture => _model.Metadata.Architecture;

    /// <summary>The classes, in the order of their labels.</summary>
    public IReadOnlyList<string> ClassNames => _model.Metadata.Labels;

    /// <summary>The most pixels of the longer side of images as the network sees them.</summary>
    public int LongestSide => _model.Metadata.Images.LongestSide;

    /// <summary>The most pixels of the shorter side of images as the network sees them.</summary>
    public int ShortestSide => _model.Metadata.Images.ShortestSide;

    /// <summary>How training went; null of a network that was loaded.</summary>
    public TrainingSummary? Summary { get; }

    bool ITransformer.IsRowToRowMapper => true;

    internal static ImageSegmenterTransformer Load(
        IHostEnvironment environment, string path, SegmenterColumns columns, ScoringOptions options)
    {
        ThrowIfFaulty(columns, options);
        return PhotoScoring.Open(
            path, "network for segmentation", nameof(ImageSegmenterTransformer),
            source =>
            {
                using var onnx = NetworkZip.Unzipped(environment, source);
                return new ImageSegmenterTransformer(environment, SegmenterModel.Read(onnx), columns, options.Copy());
            },
            ", or a zip that mlContext.Model.Save wrote with one in it");
    }

    /// <summary>The input's columns, and the two of segmentation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _scoring.SchemaFor(inputSchema).Output;

    /// <inheritdoc cref="ImageClassifierTransformer.Transform"/>
    public IDataView Transform(IDataView input) => _scoring.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _scoring.MapperFor(inputSchema);

    /// <summary>
    /// Saves the network as an ONNX file of standard operators. Input: "image", float [N, 3, H, W], RGB values normalized, of any size,
    /// which the graph pads itself. Output: "labels", uint8 [N, H, W], each pixel's class. The metadata has class names and sizes.
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

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        _scoring.ThrowIfDisposed();
        SegmenterPipeline.Of(_environment, _model, _columns).Save(ctx);
    }

    /// <summary>Frees the ONNX Runtime session, after scorings under way have ended. A second call does nothing.</summary>
    public void Dispose() => _scoring.Dispose();

    private static void ThrowIfFaulty(SegmenterColumns columns, ScoringOptions options) =>
        OptionFaults.ThrowIfAny([.. PhotoScoring.Faults(options, "segmentation has"), .. columns.Faults()]);
}
