namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>
/// The images and labels of a data view, decoded once and kept for all epochs, or decoded whenever they are needed; their pixels are the
/// same. Thread-safe after it was read.
/// </summary>
internal sealed class ImageDataset : IDisposable
{
    /// <summary>
    /// Training images whose shorter side exceeds that of a resized evaluation image by more than this factor are kept at this size: a
    /// crop of an eighth of the area still has the network's resolution, and a photo of 12 megapixels takes 1.6 MB, not 36, for a network
    /// of 224 pixels.
    /// </summary>
    private const double MaxOversize = 2.5;

    private const int ProgressMilliseconds = 500;

    private const string Advice = "Repair or remove it, or go on without such images by " +
        $"{nameof(BadImagePolicy)}.{nameof(BadImagePolicy.Skip)}.";

    private readonly ImageReadOptions _options;
    private readonly Func<RgbImage, RgbImage> _prepare;
    private readonly ImageCache _cache;
    private readonly List<long> _labels = [];
    private readonly List<string> _names = [];
    private SharedFiles? _files;

    /// <summary>Of images that are not kept and were found whole: when their files were written, and how long they were.</summary>
    private (DateTime Written, long Length)[] _known = [];

    private ImageDataset(ImageReadOptions options, Func<RgbImage, RgbImage> prepare)
    {
        (_options, _prepare) = (options, prepare);
        _cache = new ImageCache(options.MaxCacheBytes, options.TempFolder);
    }

    public ImagePreprocessor Preprocessor => _options.Preprocessor;

    public int Count => _labels.Count;

    /// <summary>Class indices from 0, one for each image.</summary>
    public IReadOnlyList<long> Labels => _labels;

    /// <summary>Number of rows left out because their image cannot be read.</summary>
    public int BadImageCount { get; private set; }

    /// <summary>Number of rows left out because their label is missing.</summary>
    public int UnlabeledCount { get; private set; }

    /// <summary>Number of images that were decoded and are nearly of one color.</summary>
    public int DullCount { get; private set; }

    /// <summary>What a user knows the first of those by.</summary>
    public string? DullName { get; private set; }

    public bool IsSpilled => _cache.IsSpilled || _files is not null;

    /// <summary>Whether images are decoded whenever they are rented.</summary>
    public bool IsDecodedAnew { get; private set; }

    /// <summary>Reads images to train on: kept whole, for random crops, but shrunk where much larger than needed.</summary>
    public static ImageDataset ForTraining(IDataView data, ImageReadOptions options, CancellationToken cancellation)
    {
        var maxSide = (int)Math.Ceiling(MaxOversize * options.Preprocessor.ImageSize / options.Preprocessor.CropFraction);
        return Read(
            data, options with { LeastSide = maxSide }, image => Shrink(image, maxSide, options.Preprocessor.Kernel),
            (width, height) => Shrunk(width, height, maxSide), cancellation);
    }

    /// <summary>Reads images to validate on: kept as the center crop of the network's size.</summary>
    public static ImageDataset ForEvaluation(IDataView data, ImageReadOptions options, CancellationToken cancellation)
    {
        var preprocessor = options.Preprocessor;
        return Read(data, options, CenterCrop, (_, _) => (preprocessor.ImageSize, preprocessor.ImageSize), cancellation);

        RgbImage CenterCrop(RgbImage image)
        {
            var crop = new byte[preprocessor.ByteCount];
            preprocessor.CenterCrop(image, crop);
            return new RgbImage(preprocessor.ImageSize, preprocessor.ImageSize, crop);
        }
    }

    /// <summary>Reads images that are kept as they came.</summary>
    public static ImageDataset Whole(IDataView data, ImageReadOptions options, CancellationToken cancellation) =>
        Read(data, options, image => image, (width, height) => (width, height), cancellation);

    /// <summary>What a user knows an image by: its file, or else its row.</summary>
    public string NameOf(int index) => VisibleText.OfPath(_names[index]);

    /// <exception cref="InvalidDataException">The image is decoded anew, and cannot be any more.</exception>
    public ImageLease Rent(int index)
    {
        if (!IsDecodedAnew)
            return _cache.Rent(index);
        try
        {
            var file = PlainFile.Target(_names[index]);
            var state = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
            var image = new RowImage(null, null, _names[index]).Decode(_options.Decoding, _options.LeastSide, state == _known[index]);
            _known[index] = state;
            return new ImageLease(_prepare(image), null);
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            throw new InvalidDataException(
                $"The image '{NameOf(index)}' cannot be read: {VisibleText.Reason(exception)} " +
                (_options.BadImages == BadImagePolicy.Skip ? "It could be when training began." : Advice), exception);
        }
    }

    public void Dispose()
    {
        _cache.Dispose();
        _files?.Dispose();
    }

    private static ImageDataset Read(
        IDataView data, ImageReadOptions options, Func<RgbImage, RgbImage> prepare, Func<int, int, (int Width, int Height)> keptSize,
        CancellationToken cancellation)
    {
        if (options.Group is { Size: 1 })
            options = options with { Group = null };
        var dataset = new ImageDataset(options, prepare);
        try
        {
            var rows = ImageRowReader.Take(data, options, cancellation);
            if (ImageRowReader.HoldsFiles(data, options))
            {
                var files = rows.ToList();
                if (options.Group is { } group)
                    new SharedRows(group, null, areOfFiles: true).EnsureSame(files);
                dataset.IsDecodedAnew = !ImageCacheEstimate.Of(files, keptSize).IsToBeKept(options);
                if (dataset.IsDecodedAnew && options.BadImages == BadImagePolicy.Throw)
                    dataset.AddUndecoded(files);
                else
                    dataset.AddDecoded(files, files.Count, areOfFiles: true, cancellation);
            }
            else if (options.Caching == ImageCaching.Decode)
                throw new InvalidOperationException(
                    $"Images are to be decoded anew in each epoch ({nameof(ImageCaching)}.{nameof(ImageCaching.Decode)}), but the column " +
                    $"'{options.ImageColumnName}' has no files' paths. Name one that has, such as ImagePath.");
            else
                dataset.AddDecoded(rows, data.GetRowCount(), areOfFiles: false, cancellation);
            dataset._known = new (DateTime, long)[dataset.Count];
            return dataset;
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    private void AddDecoded(IEnumerable<TakenRow> rows, long? total, bool areOfFiles, CancellationToken cancellation)
    {
        if (_options.Group is not { } group)
        {
            foreach (var row in Decode(rows, total, cancellation))
                Add(row);
            return;
        }
        if (!IsDecodedAnew)
            _files = new SharedFiles(group, _options.TempFolder);
        foreach (var (row, stored) in new SharedRows(group, _files, areOfFiles).Complete(Decode(rows, total, cancellation)))
            Add(row, stored);
    }

    /// <summary>The rows as they are decoded, with reports of how far that is.</summary>
    private IEnumerable<ImageRow> Decode(IEnumerable<TakenRow> rows, long? total, CancellationToken cancellation)
    {
        var (read, told) = (0L, Environment.TickCount64);
        foreach (var row in ImageRowReader.Decode(rows, _options, _prepare, cancellation))
        {
            ThrowIfBad(row);
            yield return row;
            read++;
            if (Environment.TickCount64 - told < ProgressMilliseconds)
                continue;
            told = Environment.TickCount64;
            _options.OnProgress?.Invoke(read, total);
        }
        _options.OnProgress?.Invoke(read, read);
    }

    private void AddUndecoded(IReadOnlyCollection<TakenRow> files)
    {
        foreach (var file in files)
        {
            var isAbsent = file.Label is not null && (file.Image is null || !File.Exists(file.Path));
            var row = new ImageRow(file, null, isAbsent ? file.Fault(file.Cause ?? AbsenceOf(file.Path)) : null);
            ThrowIfBad(row);
            Add(row.Hashed(_options));
        }
        _options.OnProgress?.Invoke(files.Count, files.Count);

        static FileNotFoundException? AbsenceOf(string? path) =>
            path is { Length: > 0 } ? new FileNotFoundException($"Could not find file '{VisibleText.OfPath(path)}'.", path) : null;
    }

    private void ThrowIfBad(ImageRow row)
    {
        if (row.Fault is { } fault && _options.BadImages == BadImagePolicy.Throw)
            throw new InvalidDataException($"{fault.Describe()} {Advice}", fault.Cause);
    }

    private void Add(ImageRow row, StoredImage? stored = null)
    {
        if (row.Taken.Label is not { } label)
            UnlabeledCount++;
        else if (row.Fault is { } fault)
        {
            BadImageCount++;
            _options.OnBadImage?.Invoke(fault);
        }
        else
        {
            if (stored is { } image)
                _cache.Add(image);
            else if (!IsDecodedAnew)
                _cache.Add(row.Image!);
            if (row.IsDull && DullCount++ == 0)
                DullName = row.Taken.Name;
            _labels.Add(label);
            _names.Add(row.Taken.Name);
            _options.OnImageRead?.Invoke(row);
        }
    }

    private static RgbImage Shrink(RgbImage image, int maxSide, ResamplingKernel kernel)
    {
        var (width, height) = Shrunk(image.Width, image.Height, maxSide);
        return width == image.Width && height == image.Height ? image : Resampler.Resize(image, width, height, kernel);
    }

    private static (int Width, int Height) Shrunk(int width, int height, int maxSide)
    {
        var scale = Math.Min(1, (double)maxSide / Math.Min(width, height));
        return ((int)Math.Round(width * scale), (int)Math.Round(height * scale));
    }
}
