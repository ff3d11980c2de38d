namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>The images and labels of a data view, decoded once and kept for all epochs. Thread-safe after it was read.</summary>
internal sealed class ImageDataset : IDisposable
{
    /// <summary>
    /// Training images whose shorter side exceeds that of a resized evaluation image by more than this factor are kept at this size: a
    /// crop of an eighth of the area still has the network's resolution, and a photo of 12 megapixels takes 1.6 MB, not 36, for a network
    /// of 224 pixels.
    /// </summary>
    private const double MaxOversize = 2.5;

    private readonly ImageCache _cache;
    private readonly List<long> _labels = [];
    private readonly List<string> _names = [];

    private ImageDataset(ImageReadOptions options)
    {
        Preprocessor = options.Preprocessor;
        _cache = new ImageCache(options.MaxCacheBytes, options.TempFolder);
    }

    public ImagePreprocessor Preprocessor { get; }

    public int Count => _labels.Count;

    /// <summary>Class indices from 0, one for each image.</summary>
    public IReadOnlyList<long> Labels => _labels;

    /// <summary>Number of rows left out because their image cannot be read.</summary>
    public int BadImageCount { get; private set; }

    /// <summary>Number of rows left out because their label is missing.</summary>
    public int UnlabeledCount { get; private set; }

    public bool IsSpilled => _cache.IsSpilled;

    /// <summary>Reads images to train on: kept whole, for random crops, but shrunk where much larger than needed.</summary>
    public static ImageDataset ForTraining(IDataView data, ImageReadOptions options, CancellationToken cancellation)
    {
        var maxSide = (int)Math.Ceiling(MaxOversize * options.Preprocessor.ImageSize / options.Preprocessor.CropFraction);
        return Read(data, options, image => Shrink(image, maxSide, options.Preprocessor.Kernel), cancellation);
    }

    /// <summary>Reads images to validate on: kept as the center crop of the network's size.</summary>
    public static ImageDataset ForEvaluation(IDataView data, ImageReadOptions options, CancellationToken cancellation)
    {
        var preprocessor = options.Preprocessor;
        return Read(data, options, CenterCrop, cancellation);

        RgbImage CenterCrop(RgbImage image)
        {
            var crop = new byte[preprocessor.ByteCount];
            preprocessor.CenterCrop(image, crop);
            return new RgbImage(preprocessor.ImageSize, preprocessor.ImageSize, crop);
        }
    }

    /// <summary>What a user knows an image by: its file, or else its row.</summary>
    public string NameOf(int index) => _names[index];

    public ImageLease Rent(int index) => _cache.Rent(index);

    public void Dispose() => _cache.Dispose();

    private static ImageDataset Read(
        IDataView data, ImageReadOptions options, Func<RgbImage, RgbImage> prepare, CancellationToken cancellation)
    {
        var dataset = new ImageDataset(options);
        try
        {
            foreach (var row in ImageRowReader.Read(data, options, prepare, cancellation))
                dataset.Add(row, options);
            return dataset;
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    private void Add(ImageRow row, ImageReadOptions options)
    {
        if (row.Label is not { } label)
            UnlabeledCount++;
        else if (row.Image is { } image)
        {
            _cache.Add(image);
            _labels.Add(label);
            _names.Add(row.Name);
            options.OnImageRead?.Invoke(image, label);
        }
        else if (row.Fault is { } fault)
        {
            if (options.BadImages == BadImagePolicy.Throw)
                throw new InvalidDataException(
                    $"{fault.Describe()} Repair or remove it, or go on without such images by " +
                    $"{nameof(BadImagePolicy)}.{nameof(BadImagePolicy.Skip)}.",
                    fault.Cause);
            BadImageCount++;
            options.OnBadImage?.Invoke(fault);
        }
    }

    private static RgbImage Shrink(RgbImage image, int maxSide, ResamplingKernel kernel)
    {
        if (image.ShorterSide <= maxSide)
            return image;
        var scale = (double)maxSide / image.ShorterSide;
        return Resampler.Resize(image, (int)Math.Round(image.Width * scale), (int)Math.Round(image.Height * scale), kernel);
    }
}
