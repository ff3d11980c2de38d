using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Detection.Scoring;

/// <summary>Scores rows through a detector.</summary>
internal sealed class DetectorScoring(
    IHostEnvironment environment, DetectorModel model, DetectorColumns names, ScoringOptions options, Type owner)
    : IRowScoring<Detections>, IDisposable
{
    private readonly IReadOnlyList<OutputColumn<Detections>> _columns = DetectionColumns.Of(model, names);

    public DetectorSession Session { get; } = new(environment, model, options, owner);

    private ImageDecoding Decoding => options.DecodingFor(model.Metadata.Images.Colors);

    public ScoringSchema<Detections> SchemaFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new ScoringSchema<Detections>(inputSchema, names.Image, _columns);
    }

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIfDisposed();
        return new ScoringDataView<Detections>(input, SchemaFor(input.Schema), this);
    }

    public IRowToRowMapper MapperFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        ThrowIfDisposed();
        return new ScoringRowMapper<Detections>(SchemaFor(inputSchema), this);
    }

    public void ThrowIfDisposed() => Session.ThrowIfDisposed();

    public IScoredRows<Detections> Open(IDataView input, DataViewSchema.Column image)
    {
        var batchSize = (int)Math.Clamp(input.GetRowCount() ?? long.MaxValue, 1, options.MaxBatchSize);
        return new LookAheadDetections(
            this, new(input, image, Decoding, () => new PhotoBatch(batchSize, Session)));
    }

    public Func<Detections> ForRow(DataViewRow row, DataViewSchema.Column image)
    {
        var reader = new NetworkImageReader(row, image, Decoding);
        return () =>
        {
            PreparedPhoto? photo = null;
            return reader.TryRead(pixels => photo = Session.Prepare(pixels)) is { } bad
                ? BadRow(reader.ErrorOf(bad))
                : Session.Run([photo!])[0];
        };
    }

    /// <summary>No objects where the options say to skip a row without a usable image; throws its error otherwise.</summary>
    public Detections BadRow(Exception error) => options.BadImages == BadImagePolicy.Skip ? Detections.None : throw error;

    public void Dispose() => Session.Dispose();
}

/// <summary>Rows' photos at the sizes that the network sees.</summary>
internal sealed class PhotoBatch(int capacity, DetectorSession session) : RowBatch(capacity)
{
    /// <summary>Null where a row has no usable image.</summary>
    public PreparedPhoto?[] Photos { get; } = new PreparedPhoto?[capacity];

    protected override void Write(RgbImage photo, int row) => Photos[row] = session.Prepare(photo);

    protected override void Clear(int row) => Photos[row] = null;
}

/// <summary>What is found in a data view's photos.</summary>
internal sealed class LookAheadDetections(DetectorScoring scoring, ImageReadAhead<PhotoBatch> images)
    : LookAheadRows<Detections, PhotoBatch>(scoring, images)
{
    private Detections[] _found = [];

    protected override void Score(PhotoBatch batch, int first)
    {
        var rows = Enumerable.Range(first, batch.Count - first).Where(row => batch.Photos[row] is not null).ToList();
        var found = scoring.Session.Run([.. rows.Select(row => batch.Photos[row]!)]);
        _found = new Detections[batch.Count - first];
        foreach (var (row, one) in rows.Zip(found))
            _found[row - first] = one;
    }

    protected override Detections ScoredRow(int row) => _found[row];

    protected override Detections BadRow(Exception error, int row) => scoring.BadRow(error);
}
