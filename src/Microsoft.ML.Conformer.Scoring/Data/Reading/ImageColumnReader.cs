using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>
/// Takes one image after the other out of a row cursor's image column: the one place that does, for training and scoring. The column has
/// ML.NET's images, files' paths, or files' contents. No row is ever given the image of another one.
/// </summary>
/// <remarks>
/// ML.NET passes the consumer's last value to the getter, which may dispose it, leave it as it is (ResizeImages where the row has no
/// image), or throw. Images are disposed by whom they belong to.
/// </remarks>
internal sealed class ImageColumnReader
{
    private readonly DataViewRow _row;
    private readonly ImageDecoding _options;
    private readonly ImagePathReader _paths;
    private readonly Func<RowImage?> _take;
    private MLImage? _last;
    private string? _tag;

    /// <param name="row">Moves from row to row.</param>
    /// <param name="column">Its images, active as are the other <see cref="Columns"/>.</param>
    /// <param name="options">What is accepted.</param>
    public ImageColumnReader(DataViewRow row, DataViewSchema.Column column, ImageDecoding options)
    {
        (_row, _options) = (row, options);
        _take = column.Type switch
        {
            TextDataViewType => Paths(row.GetGetter<ReadOnlyMemory<char>>(column)),
            ImageDataViewType => Images(row.GetGetter<MLImage>(column)),
            _ => Contents(row.GetGetter<VBuffer<byte>>(column)),
        };
        _paths = new ImagePathReader(row, column.Type is TextDataViewType ? column : ImagePathReader.FindColumn(row.Schema));
    }

    /// <summary>The columns that the row must have active: the images, and their paths if there are any.</summary>
    public static IEnumerable<DataViewSchema.Column> Columns(DataViewSchema schema, DataViewSchema.Column image) =>
        image.Type is not TextDataViewType && ImagePathReader.FindColumn(schema) is { } path ? [image, path] : [image];

    /// <summary>The current row's image, or null where it has none. Call it at most once a row.</summary>
    public RowImage? Take()
    {
        _tag = null;
        return _take();
    }

    /// <summary>What is wrong with the current row's image, after <see cref="Take"/> or its decoding failed.</summary>
    /// <param name="cause">What was thrown, or null.</param>
    public BadImage Fault(Exception? cause) => new(_row.Position, Path(cause), cause);

    /// <summary>The file of the current row's image, or null: as the error, the path column or the image itself tells.</summary>
    public string? Path(Exception? cause)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
            if (inner is FileNotFoundException { FileName: { Length: > 0 } name })
                return name;
        return _paths.Read() is { Length: > 0 } path ? path : _tag;
    }

    private static Func<RowImage?> Paths(ValueGetter<ReadOnlyMemory<char>> getter) => () =>
    {
        var path = default(ReadOnlyMemory<char>);
        getter(ref path);
        return path.IsEmpty ? null : new RowImage(null, null, path.ToString());
    };

    private static Func<RowImage?> Contents(ValueGetter<VBuffer<byte>> getter)
    {
        var contents = default(VBuffer<byte>);
        return () =>
        {
            getter(ref contents);
            return contents.Length == 0 ? null : new RowImage(null, [.. contents.DenseValues()], null);
        };
    }

    private Func<RowImage?> Images(ValueGetter<MLImage> getter) => () =>
    {
        if (_paths.ReadImageFile() is { } file)
            EncodedImage.ThrowIfTooLarge(file, _options); // the getter decodes
        if (ReadImage(getter) is not { } image)
            return null;
        // LoadImages tags what it loads with the file's path, and ML.NET's other transforms keep the tag.
        if (image.Tag is { } tag)
        {
            _tag = tag;
            _paths.LearnFolder(tag);
        }
        _options.ThrowIfTooLarge(image.Width, image.Height);
        return new RowImage(RgbImage.FromMLImage(image, _options.Background), null, _tag);
    };

    private MLImage? ReadImage(ValueGetter<MLImage> getter)
    {
        var last = _last;
        _last = null;
        var image = Get(getter, last);
        // Either two rows share an image, or the getter did nothing. A getter that starts from nothing tells which.
        if (image is not null && ReferenceEquals(image, last))
            image = Get(getter, null);

        // LoadImages tags what it loads, and expects it back to dispose it. An image without a tag may be one that the user holds in
        // memory: given back, ResizeImages disposes it where it already has the right size, and the next pass over the data fails.
        if (image?.Tag is not null)
            _last = image;
        return image;
    }

    private static MLImage? Get(ValueGetter<MLImage> getter, MLImage? last)
    {
        var image = last!;
        try
        {
            getter(ref image);
            return image;
        }
        catch (ArgumentException exception) when (exception.ParamName is "imageStream" or "imagePath")
        {
            // MLImage's error, "Invalid input stream contents" or "Invalid path", says nothing of images.
            throw new InvalidDataException(
                "It is damaged or truncated, or in no format that ML.NET decodes (JPEG, PNG, WebP, GIF, BMP).", exception);
        }
    }
}
