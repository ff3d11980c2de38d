using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// A trained image classifier: adds each image's class probabilities and most probable class. Made by a trainer, or
/// from a file or published weights by mlContext.Model.LoadImageClassifier.
/// </summary>
/// <remarks>
/// <para>It scores through ONNX Runtime, in batches in <see cref="Transform"/> and row by row in a PredictionEngine, and needs no libtorch.
/// An image of another size than <see cref="ImageSize"/> is resized with an antialiased filter and its center cropped, as the network's
/// preprocessing says (the shorter side to <see cref="ImageSize"/> / 0.875; Conformers bicubic, ConTNets bilinear); an image of that size
/// is
/// taken as it is.</para>
/// <para>All members may be called by any number of threads at once. Views, engines and mappers made by it score with its one session:
/// after <see cref="Dispose"/> they throw <see cref="ObjectDisposedException"/>. A PredictionEngine disposes the model with itself unless
/// PredictionEngineOptions.OwnsTransformer is false.</para>
/// <para>A row whose image is missing or unusable throws <see cref="InvalidDataException"/> when its score is read, or has NaN scores where
/// <see cref="ScoringOptions.BadImages"/> says to skip it; never another row's.</para>
/// </remarks>
public sealed class ImageClassifierTransformer : ITransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly ScorableModel _model;
    private readonly ScoringOptions _options;
    private readonly ImageScoring _scoring;

    internal ImageClassifierTransformer(IHostEnvironment environment, ScorableModel model, ScoringOptions options, TrainingSummary? summary)
    {
        (_environment, _model, _options, Summary) = (environment, model, options, summary);
        _scoring = new ImageScoring(
            environment, model, model.ToOnnx(), [GraphNames.Score],
            outputs => ScoreColumns(model, outputs[0]), options, typeof(ImageClassifierTransformer));
    }

    internal VisionArchitecture Architecture => _model.Architecture;

    /// <summary>Height and width of the network's images, in pixels.</summary>
    public int ImageSize => _model.ImageSize;

    /// <summary>The classes as text (invariant culture), in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames => _model.Labels.Names;

    /// <summary>What shows through transparent pixels of images in the network's eyes.</summary>
    public ImageBackground Background => _model.Preprocessing.Background;

    /// <summary>How training went; null where the model was loaded from a file.</summary>
    public TrainingSummary? Summary { get; }

    /// <summary>
    /// How the network was trained, as JSON that the trainer's TrainingRecipe.FromJson reads; null where the file does not say.
    /// </summary>
    public string? Recipe => _model.Recipe;

    /// <summary>
    /// By what the logits were divided since the training, as <see cref="OnnxExportOptions.Temperature"/> says: 1 where they were not.
    /// </summary>
    public double Temperature => _model.Temperature;

    bool ITransformer.IsRowToRowMapper => true;

    private NetworkSession Session => _scoring.Session;

    internal static ImageClassifierTransformer Load(
        IHostEnvironment environment, string path, ScoringColumns columns, ScoringOptions options, WeightFileOptions weights) =>
        Load(environment, columns, options, weights, () => (path, ModelFile.Open(environment, path, columns, weights)));

    internal static ImageClassifierTransformer Load(
        IHostEnvironment environment, Stream stream, ScoringColumns columns, ScoringOptions options, WeightFileOptions weights) =>
        Load(environment, columns, options, weights, () => ModelFile.Open(environment, stream, columns, weights));

    private static ImageClassifierTransformer Load(
        IHostEnvironment environment, ScoringColumns columns, ScoringOptions options, WeightFileOptions weights,
        Func<(string Name, ScorableModel Model)> open)
    {
        OptionFaults.ThrowIfAny([.. options.Faults(), .. columns.Faults(), .. weights.Faults()]);
        var (name, model) = open();
        try
        {
            return new ImageClassifierTransformer(environment, model, options.Copy(), summary: null);
        }
        catch (Exception e) when (e is OnnxRuntimeException or InvalidDataException)
        {
            throw new InvalidDataException(ModelFile.Describe(name, e.Message), e);
        }
    }

    /// <summary>The input's columns, Score (vector of C probabilities) and PredictedLabel (key over the C classes).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _scoring.SchemaFor(inputSchema).Output;

    /// <summary>
    /// Scores a data view: lazily, when its rows are read, and in batches. A second cursor reads the images, the next batch's on another
    /// thread while one is scored: the data must give the same rows in the same order at each pass, and both passes must be able to run at
    /// once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IDataView Transform(IDataView input) => _scoring.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _scoring.MapperFor(inputSchema);

    /// <summary>
    /// The same network as a transformer that adds what it knows of each image before it classifies: embeddings, or feature maps. It has a
    /// session of its own and scores with this model's options, but for test-time augmentation, which concerns scores only.
    /// </summary>
    /// <param name="options">Which features, and their columns' names; copied. Null (default): the embeddings.</param>
    /// <returns>The transformer; dispose it when done with it. It outlives this model.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or the network has no such map; the message lists all.</exception>
    /// <exception cref="InvalidDataException">
    /// The network's ONNX file does not hold the features in 32-bit floats, or takes images of any size.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model's execution provider cannot be used any more.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ImageFeatureTransformer ExtractFeatures(ImageFeatureOptions? options = null) =>
        FeatureEstimator(_environment, options ?? new ImageFeatureOptions()).Fit();

    internal ImageEvaluation Evaluate(IDataView data, ImageEvaluationOptions options)
    {
        Session.ThrowIfDisposed();
        return ImageEvaluator.Evaluate(_environment, _model, _options, data, options);
    }

    internal ImageRobustness Evaluate(IDataView data, RobustnessOptions options)
    {
        Session.ThrowIfDisposed();
        return new RobustnessEvaluator(_environment, _model, _options, data, options).Evaluate();
    }

    internal ImageLocalization Locate(
        IDataView data, IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> boxes, LocalizationOptions options)
    {
        Session.ThrowIfDisposed();
        return new LocalizationEvaluator(_environment, _model, _options, data, boxes, options).Evaluate();
    }

    /// <summary>Says what would end <see cref="FindMislabeled"/>, before any image is looked at.</summary>
    internal void ThrowIfCannotFindMislabeled(ImageListing listing)
    {
        Session.ThrowIfDisposed();
        MislabeledFindings.ThrowIfAnyIsUnknown(_model.Labels, listing);
    }

    internal IEnumerable<ImageFinding> FindMislabeled(IReadOnlyList<CheckedImage> images, ImageCheckOptions options)
    {
        Session.ThrowIfDisposed();
        return MislabeledFindings.Find(_environment, _model, _options, images, options);
    }

    internal ImageFeatureEstimator FeatureEstimator(IHostEnvironment environment, ImageFeatureOptions options)
    {
        Session.ThrowIfDisposed();
        return new ImageFeatureEstimator(environment, _model, options, _options);
    }

    /// <summary>The same network as one that shows where it looks in an image.</summary>
    /// <param name="options">What to show; copied. Null: the defaults.</param>
    /// <returns>The explainer; dispose it when done with it. It outlives this model.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model was loaded from a file without its weights in 32-bit floats; or its execution provider cannot be used any more.
    /// </exception>
    /// <exception cref="OnnxExportException">The network's weights exceed 2 GB.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ImageExplainer CreateExplainer(ExplanationOptions? options = null)
    {
        Session.ThrowIfDisposed();
        return new ImageExplainer(_environment, _model, _options, options ?? new ExplanationOptions());
    }

    /// <summary>
    /// Saves the network as an ONNX file. Input "image": float [N, 3, S, S], RGB values normalized as the metadata says.
    /// Output "Score": float [N, C], the class probabilities. The batch size N is free. The metadata has the class names. A model that was
    /// loaded from a file gives the ONNX file that it was loaded with.
    /// </summary>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written.</exception>
    public void SaveAsOnnx(string path) => Save(path, _model.SaveOnnx);

    /// <summary>Writes the network as an ONNX file to a stream, which stays open: as <see cref="SaveAsOnnx(string)"/>.</summary>
    /// <param name="stream">Where to write. After a failure it may hold a part of the file.</param>
    /// <exception cref="ArgumentException">The stream cannot be written to.</exception>
    /// <exception cref="OnnxExportException">The file would exceed 2 GB.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    public void SaveAsOnnx(Stream stream) => Save(stream, _model.SaveOnnx);

    /// <summary>
    /// Saves the network as an ONNX file that takes and gives what the options say, whatever file it was loaded from. The metadata has the
    /// class names, the network's shape, the preparation of its images, this library's version, and for <see cref="OnnxPrecision.Int8"/>
    /// the fraction of the calibration images that get the same class as from the network in 32-bit floats.
    /// mlContext.Model.LoadImageClassifier opens any of these files below 2 GB.
    /// </summary>
    /// <remarks>Weights above 2 GB go to a file of their own beside it, "[path].data".</remarks>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <param name="options">What the file takes and gives.</param>
    /// <exception cref="ArgumentException">The options do not fit the network; the message lists all faults.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The calibration images have no such image column.</exception>
    /// <exception cref="InvalidDataException">A calibration image is missing or cannot be read; the message names its file.</exception>
    /// <exception cref="InvalidOperationException">
    /// There are no calibration images, or a value inside the network is not finite on them; or the model was loaded from a file without
    /// its weights in 32-bit floats; or a weight is not finite, or beyond the precision.
    /// </exception>
    /// <exception cref="OperationCanceledException">The options' token was canceled; nothing was written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written.</exception>
    public void SaveAsOnnx(string path, OnnxExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Save(path, target => _model.SaveOnnx(target, options, _options));
    }

    /// <summary>
    /// Writes the network as an ONNX file to a stream, which stays open: as <see cref="SaveAsOnnx(string, OnnxExportOptions)"/>, but for
    /// networks whose weights take less than 2 GB.
    /// </summary>
    /// <param name="stream">Where to write. After a failure it may hold a part of the file.</param>
    /// <param name="options">What the file takes and gives.</param>
    /// <exception cref="ArgumentException">
    /// The stream cannot be written to, or the options do not fit the network; the message lists all faults.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The calibration images have no such image column.</exception>
    /// <exception cref="InvalidDataException">A calibration image is missing or cannot be read; the message names its file.</exception>
    /// <exception cref="InvalidOperationException">As for a file.</exception>
    /// <exception cref="OnnxExportException">The file would exceed 2 GB.</exception>
    /// <exception cref="OperationCanceledException">The options' token was canceled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    public void SaveAsOnnx(Stream stream, OnnxExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Save(stream, target => _model.SaveOnnx(target, options, _options));
    }

    /// <summary>
    /// Saves the network's weights as a safetensors file, under the official code's names and in 32-bit floats: to start another training
    /// from (PretrainedWeights), or for PyTorch (safetensors.torch.load_file). Class names, image size and recipe are not in it; files of
    /// <see cref="SaveAsOnnx(string)"/> have them.
    /// </summary>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <exception cref="InvalidOperationException">The model was loaded from a zip or an ONNX file, which have no such weights.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written.</exception>
    public void SaveWeights(string path) => Save(path, target => AtomicFile.Write(target, _model.SaveWeights));

    /// <summary>
    /// Writes the network's weights as a safetensors file to a stream, which stays open: as <see cref="SaveWeights(string)"/>.
    /// </summary>
    /// <param name="stream">Where to write. After a failure it may hold a part of the file.</param>
    /// <exception cref="ArgumentException">The stream cannot be written to.</exception>
    /// <exception cref="InvalidOperationException">The model was loaded from a zip or an ONNX file, which have no such weights.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="IOException">The stream fails.</exception>
    public void SaveWeights(Stream stream) => Save(stream, _model.SaveWeights);

    private void Save(string path, Action<string> save)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Session.ThrowIfDisposed();
        save(AtomicFile.TargetOf(path));
    }

    private void Save(Stream stream, Action<Stream> save)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream cannot be written to.", nameof(stream));
        Session.ThrowIfDisposed();
        save(stream);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        Session.ThrowIfDisposed();
        using var pipeline = PortablePipeline.Create(_environment, _model);
        pipeline.Chain.Save(ctx);
    }

    /// <summary>Frees the ONNX Runtime session, after scorings under way have ended. A second call does nothing.</summary>
    public void Dispose() => _scoring.Dispose();

    private static IReadOnlyList<OutputColumn<RowOutputs>> ScoreColumns(ScorableModel model, OnnxOutput score) =>
        score.Length == model.Labels.Count
            ?
            [
                new VectorColumn(model.Columns.Score, score, 0, model.Labels.ScoreAnnotations),
                new PredictedLabelColumn(model.Columns.PredictedLabel, model.Labels, 0),
            ]
            : throw new InvalidDataException(
                $"The ONNX graph's output '{score.Name}' has {score.Length} numbers, but there are {model.Labels.Count} classes.");
}
