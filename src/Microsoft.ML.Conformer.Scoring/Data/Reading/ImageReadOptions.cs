namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>How a data set is read.</summary>
internal sealed record ImageReadOptions
{
    public required string ImageColumnName { get; init; }

    /// <summary>Column of class labels, a key.</summary>
    public required string LabelColumnName { get; init; }

    public required ImagePreprocessor Preprocessor { get; init; }

    /// <summary>What to do with an image that cannot be read. Default <see cref="BadImagePolicy.Throw"/>.</summary>
    public BadImagePolicy BadImages { get; init; } = BadImagePolicy.Throw;

    /// <summary>Which rows to read; null (default) for all.</summary>
    public ImageSample? Sample { get; init; }

    /// <summary>Bytes of pixels kept in memory; the rest goes to a temporary file. Default: an eighth of what is available.</summary>
    public long MaxCacheBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;

    /// <summary>Folder of the temporary file. Default: the user's.</summary>
    public string TempFolder { get; init; } = Path.GetTempPath();

    public Action<BadImage>? OnBadImage { get; init; }

    /// <summary>Called with each image that is kept, as it is kept, and its label.</summary>
    public Action<RgbImage, long>? OnImageRead { get; init; }
}

/// <summary>Some rows of a data set, drawn by a seed, in their order; all where there are no more.</summary>
internal sealed record ImageSample(int Count, int Seed);
