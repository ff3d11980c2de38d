namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>Reads images with their true classes in batches; counts what cannot be used, where the options say to skip it.</summary>
internal sealed class LabeledPhotos
{
    private readonly IDataView _data;
    private readonly ScoringOptions _scoring;
    private readonly ImageReadOptions _reading;
    private readonly IProgress<ImageReadingProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly bool _keepsImagesOfNone;
    private readonly List<SkippedImage> _skipped = [];

    public LabeledPhotos(IDataView data, ScorableModel model, ScoringOptions scoring, LabeledImageOptions options)
    {
        (_data, _scoring, _progress, _cancellation) = (data, scoring, options.Progress, options.CancellationToken);
        _keepsImagesOfNone = options.KeepsImagesOfNone;
        ClassNames = model.Labels.Names;
        _reading = new ImageReadOptions
        {
            ImageColumnName = model.Columns.Image,
            LabelColumnName = options.LabelColumnName,
            BindLabel = new TrueClass(model.Labels, options.NoneLabel).Bind,
            Preprocessor = new ImagePreprocessor(model.ImageSize, model.Preprocessing),
            Decoding = scoring.DecodingFor(model.Preprocessing),
        };
    }

    public IReadOnlyList<string> ClassNames { get; }

    public ImageDecoding Decoding => _reading.Decoding;

    /// <summary>Images that were left out because they cannot be used.</summary>
    public IReadOnlyList<SkippedImage> Skipped => _skipped;

    /// <summary>How many rows have no label.</summary>
    public int UnlabeledCount { get; private set; }

    /// <summary>The images in their order, prepared by several threads.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">An image cannot be used, or a label is no class of the model.</exception>
    public IEnumerable<List<LabeledPhoto>> Batches(int size, Func<RgbImage, RgbImage> prepare)
    {
        var (total, read, batch) = (_data.GetRowCount(), 0L, new List<LabeledPhoto>(size));
        foreach (var row in ImageRowReader.Decode(
            ImageRowReader.Take(_data, _reading, _cancellation), _reading, prepare, _cancellation))
        {
            read++;
            if (row.Fault is { } fault)
                Skip(fault);
            else if (row.Image is null)
                UnlabeledCount++;
            else if (row.Taken.Label >= 0 || _keepsImagesOfNone)
                batch.Add(new LabeledPhoto(row.Image, (int)row.Taken.Label!.Value, row.Taken.Path, row.Size));
            if (batch.Count < size)
                continue;
            yield return batch;
            batch = new List<LabeledPhoto>(size);
            _progress?.Report(new ImageReadingProgress(Role, read, total));
        }
        if (batch.Count > 0)
            yield return batch;
        _progress?.Report(new ImageReadingProgress(Role, read, total));
    }

    private const string Role = "evaluation";

    private void Skip(BadImage fault)
    {
        if (_scoring.BadImages != BadImagePolicy.Skip)
            throw new InvalidDataException($"{fault.Describe()} It cannot be evaluated (column '{_reading.ImageColumnName}').", fault.Cause);
        var label = fault.Label is { } index and >= 0 ? ClassNames[(int)index] : "";
        _skipped.Add(new SkippedImage(Role, fault.Row, fault.Path, label, fault.Reason));
    }
}

/// <summary>An image whose class is known.</summary>
/// <param name="Image">Its pixels, as they were prepared.</param>
/// <param name="Label">Class index from 0, or -1 for none of the classes.</param>
/// <param name="Path">Its file, where the data tells.</param>
/// <param name="Size">Its width and height in pixels, upright, before it was prepared.</param>
internal readonly record struct LabeledPhoto(RgbImage Image, int Label, string? Path, (int Width, int Height) Size);
