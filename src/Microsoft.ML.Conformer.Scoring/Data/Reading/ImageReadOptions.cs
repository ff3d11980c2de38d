using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>How a data set is read.</summary>
internal sealed record ImageReadOptions
{
    public required string ImageColumnName { get; init; }

    /// <summary>Column of class labels, a key unless <see cref="BindLabel"/> reads others.</summary>
    public required string LabelColumnName { get; init; }

    /// <summary>Columns that <see cref="BindLabel"/> reads beside the label's. Default: none.</summary>
    public IReadOnlyList<string> MoreColumns { get; init; } = [];

    /// <summary>How a row's label is read: a number, null where it is missing. Default: a key's, from 0.</summary>
    public Func<DataViewRow, DataViewSchema.Column, Func<long?>> BindLabel { get; init; } = KeyLabel.Bind;

    public required ImagePreprocessor Preprocessor { get; init; }

    /// <summary>What is accepted as an image. Default: whole ones, on black.</summary>
    public ImageDecoding Decoding { get; init; } = new();

    /// <summary>
    /// What is needed of an image's shorter side, in pixels: JPEGs may be decoded at a reduced scale above. Default: all pixels.
    /// </summary>
    public int LeastSide { get; init; } = int.MaxValue;

    /// <summary>The processes that share the decoding, which have the same options otherwise; null (default) for this one alone.</summary>
    /// <remarks>
    /// What ML.NET's transforms decode before, such as LoadImages, every process's do of all rows where they work ahead on several threads.
    /// </remarks>
    public IReadingGroup? Group { get; init; }

    /// <summary>Threads that decode, those of all processes of a group together. Default: one for each processor.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>What to do with an image that cannot be read. Default <see cref="BadImagePolicy.Throw"/>.</summary>
    public BadImagePolicy BadImages { get; init; } = BadImagePolicy.Throw;

    /// <summary>Which rows to read; null (default) for all.</summary>
    public ImageSample? Sample { get; init; }

    /// <summary>Bytes of pixels kept in memory; the rest goes to a temporary file. Default: an eighth of what is available.</summary>
    /// <remarks>
    /// A group keeps all pixels in temporary files, which the system holds in the memory that is free, once for all processes. This limit
    /// only tells then whether <see cref="ImageCaching.Auto"/> keeps them: no process's may be below what all images take.
    /// </remarks>
    public long MaxCacheBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;

    /// <summary>Folder of the temporary file; a group's processes must see each other's. Default: the user's.</summary>
    public string TempFolder { get; init; } = Path.GetTempPath();

    /// <summary>Whether decoded images are kept. Default <see cref="ImageCaching.Auto"/>.</summary>
    public ImageCaching Caching { get; init; }

    public Action<BadImage>? OnBadImage { get; init; }

    /// <summary>Makes a number of each row that is kept; called by the thread that decodes it. Default null: none is needed.</summary>
    public Func<ImageRow, UInt128>? HashOf { get; init; }

    /// <summary>
    /// Called with each row that is kept, as it is kept; without an image where it is decoded later, and in a group.
    /// </summary>
    public Action<ImageRow>? OnImageRead { get; init; }

    /// <summary>Called now and then with the number of rows read, and of all rows where that is known.</summary>
    public Action<long, long?>? OnProgress { get; init; }

    /// <summary>Told what a user may want to know.</summary>
    public Action<string>? Tell { get; init; }
}

/// <summary>Some rows of a data set, drawn by a seed, in their order; all where there are no more.</summary>
internal sealed record ImageSample(int Count, int Seed);
