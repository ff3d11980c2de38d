using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Adds what a trained network knows of each image before it classifies: vectors to search, cluster or train another classifier on, or
/// maps. Made by <see cref="ImageClassifierTransformer.ExtractFeatures(ImageFeatureOptions)"/>, or in a pipeline by
/// mlContext.Transforms.ExtractImageFeatures.
/// </summary>
/// <remarks>
/// <para>Columns: one for each of the <see cref="ImageFeatureOptions.Features"/>, a vector of float numbers of a known size; maps are
/// [channels, height, width].</para>
/// <para>Batches, threads, disposal and bad rows are those of <see cref="ImageClassifierTransformer"/>; under
/// <see cref="BadImagePolicy.Skip"/> a bad row's features are NaN. Images are resized and their centers cropped as for
/// scores; there is no test-time augmentation.</para>
/// <para>mlContext.Model.Save writes built-in transformers only, so that the zip loads in an app without this library; those make vectors
/// of one dimension more, [1, ...], and resize with ML.NET's own filter.</para>
/// </remarks>
public sealed class ImageFeatureTransformer : ITransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly ScorableModel _model;
    private readonly IReadOnlyList<FeatureOutput> _features;
    private readonly ImageScoring _scoring;

    internal ImageFeatureTransformer(
        IHostEnvironment environment, ScorableModel model, IReadOnlyList<FeatureOutput> features, ScoringOptions options)
    {
        (_environment, _model, _features) = (environment, model, features);
        string[] names = [.. features.Select(feature => feature.Output)];
        try
        {
            _scoring = new ImageScoring(
                environment, model, OnnxGraphOutputs.Add(model.ToOnnx(), names), names,
                outputs => [.. outputs.Select((output, index) => new VectorColumn(features[index].ColumnName, output, index))],
                options, typeof(ImageFeatureTransformer));
        }
        catch (Exception e) when (e is FormatException or OnnxRuntimeException or InvalidDataException)
        {
            throw new InvalidDataException(
                $"The ONNX graph does not give {string.Join(", ", names)}: {e.Message} Take a file in 32-bit floats and of one image " +
                $"size, which {nameof(ImageClassifierTransformer.SaveAsOnnx)} writes by default.", e);
        }
    }

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The input's columns, and the features'.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _scoring.SchemaFor(inputSchema).Output;

    /// <inheritdoc cref="ImageClassifierTransformer.Transform"/>
    public IDataView Transform(IDataView input) => _scoring.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _scoring.MapperFor(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        _scoring.Session.ThrowIfDisposed();
        using var pipeline = PortablePipeline.Create(_environment, _model, _features, _scoring.Session.Outputs);
        pipeline.Chain.Save(ctx);
    }

    /// <summary>Frees the ONNX Runtime session, after work under way has ended. A second call does nothing.</summary>
    public void Dispose() => _scoring.Dispose();
}
