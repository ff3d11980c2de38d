using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer;

/// <summary>
/// A trained image classifier: adds each image's class probabilities and most probable class. Made by <see cref="ConformerTrainer"/>.
/// </summary>
/// <remarks>
/// <para>It scores through ONNX Runtime, in batches in <see cref="Transform"/> and row by row in a PredictionEngine, and needs no libtorch.
/// An image of another size than <see cref="ImageSize"/> is resized, its shorter side to <see cref="ImageSize"/> / 0.875 with an
/// antialiased bicubic filter, and its center cropped; an image of that size is taken as it is.</para>
/// <para>All members may be called by any number of threads at once. Views, engines and mappers made by it score with its one session:
/// after <see cref="Dispose"/> they throw <see cref="ObjectDisposedException"/>. A PredictionEngine disposes the model with itself unless
/// PredictionEngineOptions.OwnsTransformer is false.</para>
/// <para>A row whose image is missing or unusable throws <see cref="InvalidDataException"/> when its score is read.</para>
/// </remarks>
public sealed class ConformerTransformer : ITransformer, IDisposable
{
    private readonly TrainedModel _model;
    private readonly ImagePreprocessor _preprocessor;
    private readonly OnnxScorer _scorer;

    internal ConformerTransformer(TrainedModel model, TrainingSummary summary)
    {
        (_model, Summary) = (model, summary);
        _preprocessor = new ImagePreprocessor(model.ImageSize);
        using var onnx = new MemoryStream();
        model.WriteOnnx(onnx, OnnxInputKind.NormalizedNchw, includeClassIndex: false);
        _scorer = new OnnxScorer(onnx.ToArray(), model.ImageSize, model.Labels.Count);
    }

    /// <summary>Height and width of the network's images, in pixels.</summary>
    public int ImageSize => _model.ImageSize;

    /// <summary>The classes as text (invariant culture), in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames => _model.Labels.Names;

    /// <summary>How training went.</summary>
    public TrainingSummary Summary { get; }

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The input's columns, Score (vector of C probabilities) and PredictedLabel (key over the C classes).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaFor(inputSchema).Output;
    }

    /// <summary>Scores a data view: lazily, when its rows are read, and in batches.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _scorer.ThrowIfDisposed();
        return new ScoringDataView(input, SchemaFor(input.Schema), _preprocessor, _scorer);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _scorer.ThrowIfDisposed();
        return new ScoringRowMapper(SchemaFor(inputSchema), _preprocessor, _scorer);
    }

    /// <summary>
    /// Saves the network as an ONNX file. Input "image": float [N, 3, S, S], RGB values normalized by <see cref="ImageNormalization"/>.
    /// Output "Score": float [N, C], the class probabilities. The batch size N is free. The metadata has the class names.
    /// </summary>
    /// <param name="path">The file to write. It is replaced only once the new one is complete.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveAsOnnx(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _scorer.ThrowIfDisposed();
        var target = Path.GetFullPath(path);
        var temporary = $"{target}.{Path.GetRandomFileName()}";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                _model.WriteOnnx(stream, OnnxInputKind.NormalizedNchw, includeClassIndex: false);
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
        _scorer.ThrowIfDisposed();
        using var pipeline = PortablePipeline.Create(_model);
        pipeline.Chain.Save(ctx);
    }

    /// <summary>Frees the ONNX Runtime session, after scorings under way have ended. A second call does nothing.</summary>
    public void Dispose() => _scorer.Dispose();

    private ScoringSchema SchemaFor(DataViewSchema input) => new(input, _model.Columns, _model.Labels);
}
