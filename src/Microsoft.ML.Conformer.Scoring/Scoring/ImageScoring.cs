using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>How a model's rows are scored: what data views, mappers and rows share. Thread-safe.</summary>
internal sealed class ImageScoring : IDisposable
{
    private readonly ScoringOptions _options;
    private readonly string _imageColumnName;
    private readonly IReadOnlyList<OutputColumn> _columns;

    /// <summary>Opens a session.</summary>
    /// <param name="environment">Where to log, and what to compute on where the options leave it open.</param>
    /// <param name="model">The network; its image column is read.</param>
    /// <param name="onnx">The ONNX file to run.</param>
    /// <param name="outputs">Names of the outputs that the columns are made of.</param>
    /// <param name="columns">Makes the columns added from the outputs.</param>
    /// <param name="options">How to score.</param>
    /// <param name="owner">The type of the model, which errors name once it is disposed.</param>
    /// <exception cref="ArgumentException">The batch size is too large for the images or outputs.</exception>
    /// <exception cref="InvalidDataException">The graph lacks an output, or one is not of float numbers.</exception>
    /// <exception cref="InvalidOperationException">The execution provider is absent or cannot be used here.</exception>
    /// <exception cref="OnnxRuntimeException">The bytes are no valid model.</exception>
    public ImageScoring(
        IHostEnvironment environment, ScorableModel model, byte[] onnx, IReadOnlyList<string> outputs,
        Func<IReadOnlyList<OnnxOutput>, IReadOnlyList<OutputColumn>> columns, ScoringOptions options, Type owner)
    {
        (_options, _imageColumnName) = (options, model.Columns.Image);
        Input = new NetworkInput(model.ImageSize, model.Preprocessing, model.InputKind, options.FiveCrop);
        CheckBatchSize(Input.Length, $"the image size is {model.ImageSize}");
        Scorer = new NetworkSession(environment, onnx, Input, outputs, options, owner);
        try
        {
            foreach (var output in Scorer.Outputs)
                CheckBatchSize(output.Length, $"the output '{output.Name}' has the shape [{string.Join(", ", output.Shape)}]");
            _columns = columns(Scorer.Outputs);
        }
        catch
        {
            Scorer.Dispose();
            throw;
        }
    }

    /// <summary>Makes images into the graph's input.</summary>
    public NetworkInput Input { get; }

    /// <summary>Runs the graph.</summary>
    public NetworkSession Scorer { get; }

    /// <summary>Rows of a batch: as many as have no more images than the options allow, and at least one.</summary>
    public int RowsAtOnce => Math.Max(1, _options.MaxBatchSize / Input.ImagesPerRow);

    /// <summary>Images that a batch's buffers hold.</summary>
    private int ImagesAtOnce => Math.Max(_options.MaxBatchSize, Input.ImagesPerRow);

    /// <summary>A schema and the columns that scoring adds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public ScoringSchema SchemaFor(DataViewSchema input) => new(input, _imageColumnName, _columns);

    /// <summary>A data view's rows scored in batches, lazily.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Scorer.ThrowIfDisposed();
        return new ScoringDataView(input, SchemaFor(input.Schema), this);
    }

    /// <summary>A mapper that scores row by row.</summary>
    /// <inheritdoc cref="Transform" path="/exception"/>
    public IRowToRowMapper MapperFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Scorer.ThrowIfDisposed();
        return new ScoringRowMapper(SchemaFor(inputSchema), this);
    }

    /// <summary>Runs the graph on a batch's images, in parts of the batch size at most, and takes each row's mean.</summary>
    /// <param name="images">The rows' images as <see cref="Input"/> writes them; mirrored afterward where mirror images count too.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="values">Receives the values of each row.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Score(Memory<float> images, int rows, OutputValues values)
    {
        if (Input.ImagesPerRow == 1 && !_options.TestTimeFlip)
        {
            Scorer.Run(images, rows, values);
            return;
        }
        images = images[..(rows * Input.RowLength)];
        var part = new OutputValues(Scorer.Outputs, Math.Min(_options.MaxBatchSize, rows * Input.ImagesPerRow));
        for (var row = 0; row < rows; row++)
            values.Fill(row, 0);
        AddEachImage(images, part, values);
        if (_options.TestTimeFlip)
        {
            Input.Mirror(images.Span);
            AddEachImage(images, part, values);
        }
        for (var row = 0; row < rows; row++)
            values.Divide(row, _options.TestTimeFlip ? 2 * Input.ImagesPerRow : Input.ImagesPerRow);
    }

    /// <summary>A row's values where it has no usable image.</summary>
    /// <param name="error">The row's error, which it throws unless the options say to skip it.</param>
    /// <param name="values">Receives NaN under <see cref="BadImagePolicy.Skip"/>.</param>
    /// <param name="row">The row among the values.</param>
    public void ScoreBadRow(Exception error, OutputValues values, int row)
    {
        if (_options.BadImages != BadImagePolicy.Skip)
            throw error;
        values.Fill(row, float.NaN);
    }

    /// <summary>Waits for scorings under way and frees the session; a second call does nothing.</summary>
    public void Dispose() => Scorer.Dispose();

    private void AddEachImage(Memory<float> images, OutputValues part, OutputValues sums)
    {
        var imageCount = images.Length / Input.Length;
        for (var first = 0; first < imageCount; first += part.Capacity)
        {
            var count = Math.Min(part.Capacity, imageCount - first);
            Scorer.Run(images[(first * Input.Length)..], count, part);
            for (var image = 0; image < count; image++)
                sums.Add((first + image) / Input.ImagesPerRow, part, image);
        }
    }

    private void CheckBatchSize(int length, string reason)
    {
        if ((long)ImagesAtOnce * length > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{nameof(ScoringOptions.MaxBatchSize)} is {_options.MaxBatchSize}; it must be at most {Array.MaxLength / length} where " +
                $"{reason}.", "options");
        }
    }
}
