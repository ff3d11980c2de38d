using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// A trained image classifier: adds each image's class probabilities and most probable class. Made by <see cref="ConformerTrainer"/>, or
/// from a file by mlContext.Model.LoadConformer.
/// </summary>
/// <remarks>
/// <para>It scores through ONNX Runtime, in batches in <see cref="Transform"/> and row by row in a PredictionEngine, and needs no libtorch.
/// An image of another size than <see cref="ImageSize"/> is resized, its shorter side to <see cref="ImageSize"/> / 0.875 with an
/// antialiased bicubic filter, and its center cropped; an image of that size is taken as it is.</para>
/// <para>All members may be called by any number of threads at once. Views, engines and mappers made by it score with its one session:
/// after <see cref="Dispose"/> they throw <see cref="ObjectDisposedException"/>. A PredictionEngine disposes the model with itself unless
/// PredictionEngineOptions.OwnsTransformer is false.</para>
/// <para>A row whose image is missing or unusable throws <see cref="InvalidDataException"/> when its score is read, or has NaN scores where
/// <see cref="ScoringOptions.BadRowPolicy"/> says so; never another row's.</para>
/// </remarks>
public sealed class ConformerTransformer : ITransformer, IDisposable
{
    private readonly ScorableModel _model;
    private readonly ImageScoring _scoring;

    /// <summary>A model just trained; it scores with default options.</summary>
    internal ConformerTransformer(TrainedModel model, TrainingSummary summary) : this(model, new ScoringOptions(), summary)
    {
    }

    private ConformerTransformer(ScorableModel model, ScoringOptions options, TrainingSummary? summary)
    {
        (_model, Summary) = (model, summary);
        var input = new NetworkInput(model.ImageSize, model.InputKind);
        if ((long)options.MaxBatchSize * input.Length > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{nameof(ScoringOptions.MaxBatchSize)} is {options.MaxBatchSize}; it must be at most {Array.MaxLength / input.Length} " +
                $"where the image size is {model.ImageSize}.", nameof(options));
        }
        _scoring = new ImageScoring(input, new OnnxScorer(model.ToOnnx(), input, model.Labels.Count, options), options);
    }

    /// <summary>Height and width of the network's images, in pixels.</summary>
    public int ImageSize => _model.ImageSize;

    /// <summary>The classes as text (invariant culture), in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames => _model.Labels.Names;

    /// <summary>How training went; null where the model was loaded from a file.</summary>
    public TrainingSummary? Summary { get; }

    bool ITransformer.IsRowToRowMapper => true;

    private OnnxScorer Scorer => _scoring.Scorer;

    /// <summary>Opens a file; see <see cref="ConformerCatalog.LoadConformer"/>.</summary>
    internal static ConformerTransformer Load(string path, ScoringOptions options)
    {
        options.Check();
        options = options.Copy();
        var columns = new ScoringColumns(options.ImageColumnName, options.ScoreColumnName, options.PredictedLabelColumnName);
        var model = ConformerFile.Read(path, columns);
        try
        {
            return new ConformerTransformer(model, options, summary: null);
        }
        catch (Exception e) when (e is OnnxRuntimeException or InvalidDataException)
        {
            throw new InvalidDataException(ConformerFile.Describe(path, e.Message), e);
        }
    }

    /// <summary>The input's columns, Score (vector of C probabilities) and PredictedLabel (key over the C classes).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaFor(inputSchema).Output;
    }

    /// <summary>
    /// Scores a data view: lazily, when its rows are read, and in batches. Images are read ahead by a second cursor, so the data must give
    /// the same rows in the same order at each pass.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Scorer.ThrowIfDisposed();
        return new ScoringDataView(input, SchemaFor(input.Schema), _scoring);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Scorer.ThrowIfDisposed();
        return new ScoringRowMapper(SchemaFor(inputSchema), _scoring);
    }

    /// <summary>
    /// Saves the network as an ONNX file. Input "image": float [N, 3, S, S], RGB values normalized by <see cref="ImageNormalization"/>.
    /// Output "Score": float [N, C], the class probabilities. The batch size N is free. The metadata has the class names. A model that was
    /// loaded from a file gives the ONNX file that it was loaded with.
    /// </summary>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written.</exception>
    public void SaveAsOnnx(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Scorer.ThrowIfDisposed();
        var target = Path.GetFullPath(path);
        if (Path.GetDirectoryName(target) is { } folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"'{path}' cannot be written: there is no folder '{folder}'.");
        var temporary = $"{target}.{Path.GetRandomFileName()}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                _model.WriteOnnx(stream);
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        Scorer.ThrowIfDisposed();
        if (_model.PortabilityFault(Scorer.OutputNames) is { } fault)
        {
            throw new InvalidOperationException(
                $"The model cannot be saved for ML.NET: {fault}. Keep the ONNX file, or load the zip that the trained model was saved to.");
        }
        using var pipeline = PortablePipeline.Create(_model);
        pipeline.Chain.Save(ctx);
    }

    /// <summary>Frees the ONNX Runtime session, after scorings under way have ended. A second call does nothing.</summary>
    public void Dispose() => Scorer.Dispose();

    private ScoringSchema SchemaFor(DataViewSchema input) => new(input, _model.Columns, _model.Labels);
}
