using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>
/// A trained network for semantic segmentation: adds the class of each pixel of each image. Made from a file by
/// mlContext.Model.LoadImageSegmenter.
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
    private readonly SegmenterMetadata _metadata;
    private readonly byte[] _onnx;
    private readonly PhotoScoring<LabelMap> _scoring;

    /// <summary>Opens a session; the options are its own from now on.</summary>
    internal ImageSegmenterTransformer(
        IHostEnvironment environment, SegmenterModel model, SegmenterColumns columns, ScoringOptions options)
    {
        ThrowIfFaulty(columns, options);
        (_metadata, _onnx) = (model.Metadata, model.Onnx);
        _scoring = new PhotoScoring<LabelMap>(
            new SegmenterSession(environment, model, options, typeof(ImageSegmenterTransformer)), columns.Of(_metadata.Labels),
            columns.Image, _metadata.Images.Colors, options, LabelMap.None);
    }

    /// <summary>The network's shape.</summary>
    public SegmentationArchitecture Architecture => _metadata.Architecture;

    /// <summary>The classes, in the order of their labels.</summary>
    public IReadOnlyList<string> ClassNames => _metadata.Labels;

    /// <summary>The most pixels of the longer side of images as the network sees them.</summary>
    public int LongestSide => _metadata.Images.LongestSide;

    /// <summary>The most pixels of the shorter side of images as the network sees them.</summary>
    public int ShortestSide => _metadata.Images.ShortestSide;

    bool ITransformer.IsRowToRowMapper => true;

    internal static ImageSegmenterTransformer Load(
        IHostEnvironment environment, string path, SegmenterColumns columns, ScoringOptions options)
    {
        ThrowIfFaulty(columns, options);
        return PhotoScoring.Open(path, "network for segmentation", nameof(ImageSegmenterTransformer), source =>
            new ImageSegmenterTransformer(environment, SegmenterModel.Read(source), columns, options.Copy()));
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
        AtomicFile.Write(path, stream => stream.Write(_onnx));
    }

    /// <summary>There are no transformers of ML.NET's own that could stand for it.</summary>
    /// <exception cref="NotSupportedException">Always; the message says what to do.</exception>
    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException(
        $"mlContext.Model.Save does not take networks for segmentation. Save it by {nameof(SaveAsOnnx)} and open it by " +
        "mlContext.Model.LoadImageSegmenter.");

    /// <summary>Frees the ONNX Runtime session, after scorings under way have ended. A second call does nothing.</summary>
    public void Dispose() => _scoring.Dispose();

    private static void ThrowIfFaulty(SegmenterColumns columns, ScoringOptions options) =>
        OptionFaults.ThrowIfAny([.. PhotoScoring.Faults(options, "segmentation has"), .. columns.Faults()]);
}
