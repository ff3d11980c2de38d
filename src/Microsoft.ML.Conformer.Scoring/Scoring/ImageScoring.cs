using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Scores rows through a graph that gives so many numbers for each image.</summary>
internal sealed class ImageScoring : IRowScoring<RowOutputs>, IDisposable
{
    private readonly ScoringOptions _options;
    private readonly string _imageColumnName;
    private readonly IReadOnlyList<OutputColumn<RowOutputs>> _columns;

    /// <summary>Opens a session that gives the outputs, of which the columns are made. Once disposed, errors name the owner.</summary>
    public ImageScoring(
        IHostEnvironment environment, ScorableModel model, byte[] onnx, IReadOnlyList<string> outputs,
        Func<IReadOnlyList<OnnxOutput>, IReadOnlyList<OutputColumn<RowOutputs>>> columns, ScoringOptions options, Type owner)
    {
        (_options, _imageColumnName) = (options, model.Columns.Image);
        Input = new NetworkInput(model.ImageSize, model.Preprocessing, model.InputKind, options.FiveCrop);
        Decoding = options.DecodingFor(model.Preprocessing);
        CheckBatchSize(Input.Length, $"the image size is {model.ImageSize}");
        Session = new NetworkSession(environment, onnx, Input, outputs, options, owner, model.ExternalDataFolder);
        try
        {
            foreach (var output in Session.Outputs)
                CheckBatchSize(output.Length, $"the output '{output.Name}' has the shape [{string.Join(", ", output.Shape)}]");
            _columns = columns(Session.Outputs);
        }
        catch
        {
            Session.Dispose();
            throw;
        }
    }

    public NetworkInput Input { get; }

    public ImageDecoding Decoding { get; }

    public NetworkSession Session { get; }

    /// <summary>Rows of a batch: as many as have no more images than the options allow, and at least one.</summary>
    public int RowsAtOnce => Math.Max(1, _options.MaxBatchSize / Input.ImagesPerRow);

    private int ImagesAtOnce => Math.Max(_options.MaxBatchSize, Input.ImagesPerRow);

    public ScoringSchema<RowOutputs> SchemaFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new ScoringSchema<RowOutputs>(inputSchema, _imageColumnName, _columns);
    }

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Session.ThrowIfDisposed();
        return new ScoringDataView<RowOutputs>(input, SchemaFor(input.Schema), this);
    }

    public IRowToRowMapper MapperFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Session.ThrowIfDisposed();
        return new ScoringRowMapper<RowOutputs>(SchemaFor(inputSchema), this);
    }

    public void ThrowIfDisposed() => Session.ThrowIfDisposed();

    public IScoredRows<RowOutputs> Open(IDataView input, DataViewSchema.Column image) =>
        new LookAheadOutputs(this, input, image, (int)Math.Clamp(input.GetRowCount() ?? long.MaxValue, 1, RowsAtOnce));

    public Func<RowOutputs> ForRow(DataViewRow row, DataViewSchema.Column image)
    {
        var (reader, images, values) = (
            new NetworkImageReader(row, image, Decoding), new float[Input.RowLength], new OutputValues(Session.Outputs, 1));
        return () =>
        {
            if (reader.TryRead(photo => Input.Write(photo, images)) is { } bad)
                ScoreBadRow(reader.ErrorOf(bad), values, row: 0);
            else
                Score(images, 1, values);
            return new RowOutputs(values, 0);
        };
    }

    /// <summary>Runs the graph on rows' images, which it may mirror in place, in parts of a batch; takes each row's mean.</summary>
    public void Score(Memory<float> images, int rows, OutputValues values)
    {
        if (Input.ImagesPerRow == 1 && !_options.TestTimeFlip)
        {
            Session.Run(images, rows, values);
            return;
        }
        images = images[..(rows * Input.RowLength)];
        var part = new OutputValues(Session.Outputs, Math.Min(_options.MaxBatchSize, rows * Input.ImagesPerRow));
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

    /// <summary>Gives a row without a usable image NaN where the options say to skip it; throws its error otherwise.</summary>
    public void ScoreBadRow(Exception error, OutputValues values, int row)
    {
        if (_options.BadImages != BadImagePolicy.Skip)
            throw error;
        values.Fill(row, float.NaN);
    }

    public void Dispose() => Session.Dispose();

    private void AddEachImage(Memory<float> images, OutputValues part, OutputValues sums)
    {
        var imageCount = images.Length / Input.Length;
        for (var first = 0; first < imageCount; first += part.Capacity)
        {
            var count = Math.Min(part.Capacity, imageCount - first);
            Session.Run(images[(first * Input.Length)..], count, part);
            for (var image = 0; image < count; image++)
                sums.Add((first + image) / Input.ImagesPerRow, part, image);
        }
    }

    private void CheckBatchSize(int length, string reason)
    {
        if ((long)ImagesAtOnce * length > Array.MaxLength)
            throw new ArgumentException(
                $"{nameof(ScoringOptions.MaxBatchSize)} is {_options.MaxBatchSize}; it must be at most {Array.MaxLength / length} where " +
                $"{reason}.", "options");
    }
}
