using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Detection.Scoring;

/// <summary>Scores rows' photos through a session.</summary>
/// <param name="session">Its own from now on.</param>
/// <param name="columns">The columns that are added.</param>
/// <param name="imageColumnName">The column that has the photos.</param>
/// <param name="colors">What shows through transparent pixels.</param>
/// <param name="options">How photos are scored.</param>
/// <param name="none">What is said of a row without a usable image where the options say to skip it.</param>
internal sealed class PhotoScoring<TRow>(
    PhotoSession<TRow> session, IReadOnlyList<OutputColumn<TRow>> columns, string imageColumnName, ImagePreprocessing colors,
    ScoringOptions options, TRow none) : IRowScoring<TRow>, IDisposable
{
    public PhotoSession<TRow> Session => session;

    private ImageDecoding Decoding => options.DecodingFor(colors);

    public ScoringSchema<TRow> SchemaFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new ScoringSchema<TRow>(inputSchema, imageColumnName, columns);
    }

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIfDisposed();
        return new ScoringDataView<TRow>(input, SchemaFor(input.Schema), this);
    }

    public IRowToRowMapper MapperFor(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        ThrowIfDisposed();
        return new ScoringRowMapper<TRow>(SchemaFor(inputSchema), this);
    }

    public void ThrowIfDisposed() => session.ThrowIfDisposed();

    public IScoredRows<TRow> Open(IDataView input, DataViewSchema.Column image)
    {
        var batchSize = (int)Math.Clamp(input.GetRowCount() ?? long.MaxValue, 1, options.MaxBatchSize);
        return new LookAheadPhotos<TRow>(this, new(input, image, Decoding, () => new PhotoBatch<TRow>(batchSize, session)));
    }

    public Func<TRow> ForRow(DataViewRow row, DataViewSchema.Column image)
    {
        var reader = new NetworkImageReader(row, image, Decoding);
        return () =>
        {
            PreparedPhoto? photo = null;
            return reader.TryRead(pixels => photo = session.Prepare(pixels)) is { } bad
                ? BadRow(reader.ErrorOf(bad))
                : session.Run([photo!])[0];
        };
    }

    /// <summary>What is known of photos, in their order.</summary>
    /// <param name="count">How many photos there are.</param>
    /// <param name="photo">Gives each by its index, once, on several threads.</param>
    public TRow[] Score(int count, Func<int, RgbImage> photo)
    {
        ThrowIfDisposed();
        var prepared = new PreparedPhoto[count];
        InParallel.For(count, Environment.ProcessorCount, default, index => prepared[index] = session.Prepare(photo(index)));
        return session.Run(prepared);
    }

    /// <summary>What is known of a photo's file, and the photo.</summary>
    /// <exception cref="InvalidDataException">It cannot be used; the message names it and says why.</exception>
    public (RgbImage Photo, TRow Found) ScoreFile(string path)
    {
        ThrowIfDisposed();
        var photo = Decode(path);
        return (photo, Score(1, _ => photo)[0]);
    }

    /// <summary>What is said of a row without a usable image; throws its error unless the options say to skip it.</summary>
    public TRow BadRow(Exception error) => options.BadImages == BadImagePolicy.Skip ? none : throw error;

    public void Dispose() => session.Dispose();

    private RgbImage Decode(string path)
    {
        try
        {
            return new RowImage(null, null, path).Decode(Decoding);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' cannot be used: {VisibleText.Reason(e)}", e);
        }
    }
}

/// <summary>Rows' photos at the sizes that the network sees.</summary>
internal sealed class PhotoBatch<TRow>(int capacity, PhotoSession<TRow> session) : RowBatch(capacity)
{
    /// <summary>Null where a row has no usable image.</summary>
    public PreparedPhoto?[] Photos { get; } = new PreparedPhoto?[capacity];

    protected override void Write(RgbImage photo, int row) => Photos[row] = session.Prepare(photo);

    protected override void Clear(int row) => Photos[row] = null;
}

/// <summary>What is known of a data view's photos.</summary>
internal sealed class LookAheadPhotos<TRow>(PhotoScoring<TRow> scoring, ImageReadAhead<PhotoBatch<TRow>> images)
    : LookAheadRows<TRow, PhotoBatch<TRow>>(scoring, images)
{
    private TRow[] _scored = [];

    protected override void Score(PhotoBatch<TRow> batch, int first)
    {
        var rows = Enumerable.Range(first, batch.Count - first).Where(row => batch.Photos[row] is not null).ToList();
        var scored = scoring.Session.Run([.. rows.Select(row => batch.Photos[row]!)]);
        _scored = new TRow[batch.Count - first];
        foreach (var (row, one) in rows.Zip(scored))
            _scored[row - first] = one;
    }

    protected override TRow ScoredRow(int row) => _scored[row];

    protected override TRow BadRow(Exception error, int row) => scoring.BadRow(error);
}

/// <summary>What all transformers that score photos check and open in one way.</summary>
internal static class PhotoScoring
{
    /// <summary>What is wrong with options, one sentence for each fault.</summary>
    /// <param name="options">How photos are scored.</param>
    /// <param name="whatHas">What has no test-time augmentation, with its verb: "detectors have".</param>
    public static IEnumerable<string> Faults(ScoringOptions options, string whatHas)
    {
        foreach (var fault in options.Faults())
            yield return fault;
        if (options.TestTimeFlip)
            yield return $"{nameof(ScoringOptions.TestTimeFlip)} is true; {whatHas} no test-time augmentation.";
        if (options.FiveCrop)
            yield return $"{nameof(ScoringOptions.FiveCrop)} is true; {whatHas} no test-time augmentation.";
    }

    /// <summary>Opens a file of this library, or what else is taken.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, for a message: "object detector".</param>
    /// <param name="transformer">The type whose SaveAsOnnx writes such files, for a message.</param>
    /// <param name="open">Makes the transformer of it.</param>
    /// <param name="others">What else it may be, for a message: ", or a weight file"; empty (default) for nothing.</param>
    /// <exception cref="InvalidDataException">It is none; the message says what it must be.</exception>
    /// <exception cref="CheckpointFormatException">It is a damaged weight file; the message names it.</exception>
    public static T Open<T>(string path, string what, string transformer, Func<ByteSource, T> open, string others = "")
    {
        try
        {
            if (PlainFile.OtherKind(path) is { } kind)
                throw new FormatException($"It is {kind}.");
            using var source = ByteSource.OpenFile(path);
            return open(source);
        }
        catch (Exception e) when (e is FormatException and not CheckpointFormatException or OnnxRuntimeException)
        {
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(path)}' is no {what} that can be scored. {e.Message} It must be a file that " +
                $"{transformer}.{nameof(ObjectDetectorTransformer.SaveAsOnnx)} wrote{others}.", e);
        }
    }
}
