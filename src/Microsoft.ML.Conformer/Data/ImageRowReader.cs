using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Data;

/// <summary>Reads a data view's images and labels in one pass, in order, and copies the pixels out.</summary>
internal static class ImageRowReader
{
    /// <summary>Column that names the image files, in the data views of LoadFromImageFolder.</summary>
    public const string PathColumnName = "ImagePath";

    /// <summary>
    /// The rows of a data view. An image that cannot be read or prepared gives a row with its fault, and the reading goes on; errors of
    /// other columns and of the cursor itself are thrown.
    /// </summary>
    /// <param name="data">Has the image and the label column.</param>
    /// <param name="imageColumnName">Column of images.</param>
    /// <param name="labelColumnName">Column of class labels, a key.</param>
    /// <param name="prepare">Makes of each image what its row holds.</param>
    /// <param name="cancellation">Stops between two rows.</param>
    /// <exception cref="ArgumentException">A column is absent, or of another type than an image and a key.</exception>
    /// <exception cref="OperationCanceledException">The reading was canceled.</exception>
    public static IEnumerable<ImageRow> Read(
        IDataView data, string imageColumnName, string labelColumnName, Func<RgbImage, RgbImage> prepare, CancellationToken cancellation)
    {
        var imageColumn = Column(data.Schema, imageColumnName, "image");
        var labelColumn = Column(data.Schema, labelColumnName, "label");
        if (imageColumn.Type is not ImageDataViewType)
        {
            throw new ArgumentException(
                $"The image column '{imageColumnName}' has the type {imageColumn.Type}; expected images, as LoadImages makes.",
                nameof(imageColumnName));
        }

        var pathColumn = PathColumn(data.Schema);
        List<DataViewSchema.Column> columns = pathColumn is { } column ? [imageColumn, labelColumn, column] : [imageColumn, labelColumn];
        using var cursor = data.GetRowCursor(columns);
        var label = KeyLabel.Bind(cursor, labelColumn);
        var images = new ImageColumnReader(cursor.GetGetter<MLImage>(imageColumn));
        var path = pathColumn is { } text ? cursor.GetGetter<ReadOnlyMemory<char>>(text) : null;
        for (var row = 0L; ; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!cursor.MoveNext())
                yield break;
            var index = label();
            yield return index is null ? default : ReadImage(images, prepare, path, row, index.Value);
        }
    }

    private static ImageRow ReadImage(
        ImageColumnReader images, Func<RgbImage, RgbImage> prepare, ValueGetter<ReadOnlyMemory<char>>? path, long row, long label)
    {
        MLImage? image = null;
        Exception? cause = null;
        try
        {
            image = images.Read();
            if (image is not null)
                return new ImageRow(label, prepare(RgbImage.FromMLImage(image)), null);
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            cause = exception;
        }
        return new ImageRow(label, null, new BadImage(row, FindPath(image, cause, path), cause));
    }

    /// <summary>The file of a row's image, or null: as the error, the row's path column or the image itself tells.</summary>
    public static string? FindPath(MLImage? image, Exception? cause, ValueGetter<ReadOnlyMemory<char>>? path)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            if (inner is FileNotFoundException { FileName: { Length: > 0 } name })
                return name;
        }

        var text = ReadOnlyMemory<char>.Empty;
        path?.Invoke(ref text);
        return text.Length > 0 ? text.ToString() : image?.Tag;
    }

    private static DataViewSchema.Column Column(DataViewSchema schema, string name, string role) =>
        schema.GetColumnOrNull(name) ?? throw new ArgumentException(
            $"There is no {role} column '{name}'; the data has the columns {string.Join(", ", schema.Select(column => column.Name))}.");

    /// <summary>The text column that most likely names the files; only error messages depend on it.</summary>
    public static DataViewSchema.Column? PathColumn(DataViewSchema schema)
    {
        var texts = schema.Where(column => column.Type is TextDataViewType && !column.IsHidden).ToList();
        foreach (var ending in (ReadOnlySpan<string>)[PathColumnName, "Path", "File", "FileName"])
        {
            var index = texts.FindIndex(
                column => column.Name.EndsWith(ending, StringComparison.Ordinal) ||
                    column.Name.Equals(ending, StringComparison.OrdinalIgnoreCase));
            if (index >= 0)
                return texts[index];
        }
        return null;
    }
}
