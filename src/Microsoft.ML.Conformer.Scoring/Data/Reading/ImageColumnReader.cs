using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>
/// Takes the pixels of one image after the other out of a row cursor's image column: the one place that does, for training and scoring.
/// No row is ever given the image of another one, and images that are too large or truncated are errors (<see cref="ImageFileCheck"/>).
/// </summary>
/// <remarks>
/// ML.NET passes the consumer's last value to the getter, which may dispose it, leave it as it is (ResizeImages where the row has no
/// image), or throw. Images are disposed by whom they belong to.
/// </remarks>
internal sealed class ImageColumnReader(DataViewRow row, DataViewSchema.Column column)
{
    private readonly ValueGetter<MLImage> _getter = row.GetGetter<MLImage>(column);
    private readonly ImagePathReader _paths = new(row);
    private MLImage? _last;
    private string? _tag;

    /// <summary>The columns that the row must have active: the images, and their paths if there are any.</summary>
    public static IEnumerable<DataViewSchema.Column> Columns(DataViewSchema schema, DataViewSchema.Column image) =>
        ImagePathReader.FindColumn(schema) is { } path ? [image, path] : [image];

    /// <summary>The current row's image, or null where it has none. Call it at most once a row.</summary>
    public RgbImage? Read()
    {
        _tag = null;
        if (_paths.ReadImageFile() is { } file)
            ImageFileCheck.ThrowIfTooLarge(file); // the getter decodes

        if (ReadImage() is not { } image)
            return null;
        // LoadImages tags what it loads with the file's path, and ML.NET's other transforms keep the tag.
        if (image.Tag is { } tag)
        {
            _tag = tag;
            _paths.LearnFolder(tag);
            if (File.Exists(tag))
                ImageFileCheck.ThrowIfTruncated(tag);
        }
        return RgbImage.FromMLImage(image);
    }

    /// <summary>What a user knows the current row's image by: its file, or else its row.</summary>
    public string Name => FindPath(null) ?? FormattableString.Invariant($"row {row.Position}");

    /// <summary>What is wrong with the current row's image, after <see cref="Read"/> gave none.</summary>
    /// <param name="cause">What it threw, or null.</param>
    public BadImage Fault(Exception? cause) => new(row.Position, FindPath(cause), cause);

    private MLImage? ReadImage()
    {
        var last = _last;
        _last = null;
        var image = Get(last);
        // Either two rows share an image, or the getter did nothing. A getter that starts from nothing tells which.
        if (image is not null && ReferenceEquals(image, last))
            image = Get(null);

        // LoadImages tags what it loads, and expects it back to dispose it. An image without a tag may be one that the user holds in
        // memory: given back, ResizeImages disposes it where it already has the right size, and the next pass over the data fails.
        if (image?.Tag is not null)
            _last = image;
        return image;
    }

    private MLImage? Get(MLImage? last)
    {
        var image = last!;
        try
        {
            _getter(ref image);
            return image;
        }
        catch (ArgumentException exception) when (exception.ParamName is "imageStream" or "imagePath")
        {
            // MLImage's error, "Invalid input stream contents" or "Invalid path", says nothing of images.
            throw new InvalidDataException(
                "It is damaged or truncated, or in no format that ML.NET decodes (JPEG, PNG, WebP, GIF, BMP).", exception);
        }
    }

    /// <summary>The file of the current row's image, or null: as the error, the path column or the image itself tells.</summary>
    private string? FindPath(Exception? cause)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
            if (inner is FileNotFoundException { FileName: { Length: > 0 } name })
                return name;
        return _paths.Read() is { Length: > 0 } path ? path : _tag;
    }
}
