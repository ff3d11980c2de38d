using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// A step of a pipeline that adds a trained network's features; made by mlContext.Transforms.ExtractImageFeatures. It learns nothing:
/// fitting opens the network.
/// </summary>
public sealed class ImageFeatureEstimator : IEstimator<ImageFeatureTransformer>
{
    /// <summary>Stands for the features' sizes, which a shape does not tell: only that they are known.</summary>
    private const int SomeSize = 1;

    private readonly IHostEnvironment _environment;
    private readonly ScorableModel _model;
    private readonly IReadOnlyList<FeatureOutput> _features;
    private readonly ScoringOptions _options;

    internal ImageFeatureEstimator(IHostEnvironment environment, ScorableModel model, ImageFeatureOptions features, ScoringOptions options)
    {
        (_environment, _model, _features, _options) = (environment, model, features.OutputsOf(model.Architecture), options.Copy());
        (_options.TestTimeFlip, _options.FiveCrop) = (false, false);
    }

    /// <summary>Opens the network. Each call gives a transformer with a session of its own.</summary>
    /// <param name="input">Data with the image column; none of its rows is read.</param>
    /// <returns>The transformer; dispose it when done with it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    /// <exception cref="ArgumentException">The batch size is too large for the features.</exception>
    /// <exception cref="InvalidDataException">
    /// The network's ONNX file does not hold the features in 32-bit floats, or takes images of any size.
    /// </exception>
    /// <exception cref="InvalidOperationException">The options' execution provider is absent or cannot be used here.</exception>
    public ImageFeatureTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ShapeColumns.FindImage(input.Schema, _model.Columns.Image);
        return Fit();
    }

    /// <summary>The input's columns and the features', vectors of known sizes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        ShapeColumns.FindImage(inputSchema, _model.Columns.Image);
        foreach (var feature in _features)
        {
            var added = SchemaDefinition.Create(typeof(AddedColumn));
            var column = added[nameof(AddedColumn.Feature)];
            (column.ColumnName, column.ColumnType) = (feature.ColumnName, new VectorDataViewType(NumberDataViewType.Single, SomeSize));
            inputSchema = ShapeColumns.Add<AddedColumn>(_environment, inputSchema, added);
        }
        return inputSchema;
    }

    internal ImageFeatureTransformer Fit() => new(_environment, _model, _features, _options);

    private sealed class AddedColumn
    {
        public float[] Feature { get; set; } = [];
    }
}
