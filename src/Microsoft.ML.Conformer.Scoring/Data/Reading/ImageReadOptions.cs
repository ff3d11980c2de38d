using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>How a data set is read.</summary>
internal sealed record ImageReadOptions
{
    public required string ImageColumnName { get; init; }

    /// <summary>Column of class labels, a key unless <see cref="BindLabel"/> reads others.</summary>
    public required string LabelColumnName { get; init; }

    /// <summary>How a row's label is read: a number, null where it is missing. Default: a key's, from 0.</summary>
    public Func<DataViewRow, DataViewSchema.Column, Func<long?>> BindLabel { get; init; } = KeyLabel.Bind;

    public required ImagePreprocessor Preprocessor { get; init; }

    /// <summary>What is accepted as an image. Default: whole ones, on black.</summary>
    public ImageDecoding Decoding { get; init; } = new();

    /// <summary>
    /// What is needed of an image's shorter side, in pixels: JPEGs may be decoded at a reduced scale above. Default: all pixels.
    /// </summary>
    public int LeastSide { get; init; } = int.MaxValue;

    /// <summary>Threads that decode. Default: one for each processor.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>What to do with an image that cannot be read. Default <see cref="BadImagePolicy.Throw"/>.</summary>
    public BadImagePolicy BadImages { get; init; } = BadImagePolicy.Throw;

    /// <summary>Which rows to read; null (default) for all.</summary>
    public ImageSample? Sample { get; init; }

    /// <summary>Bytes of pixels kept in memory; the rest goes to a temporary file. Default: an eighth of what is available.</summary>
    public long MaxCacheBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;

    /// <summary>Folder of the temporary file. Default: the user's.</summary>
    public string TempFolder { get; init; } = Path.GetTempPath();

    /// <summary>Whether decoded images are kept. Default <see cref="ImageCaching.Auto"/>.</summary>
    public ImageCaching Caching { get; init; }

    public Action<BadImage>? OnBadImage { get; init; }

    /// <summary>Called with each row that is kept, as it is kept; without an image where it is decoded later.</summary>
    public Action<ImageRow>? OnImageRead { get; init; }

    /// <summary>Called now and then with the number of rows read, and of all rows where that is known.</summary>
    public Action<long, long?>? OnProgress { get; init; }

    /// <summary>Told what a user may want to know.</summary>
    public Action<string>? Tell { get; init; }
}

/// <summary>Some rows of a data set, drawn by a seed, in their order; all where there are no more.</summary>
internal sealed record ImageSample(int Count, int Seed);
