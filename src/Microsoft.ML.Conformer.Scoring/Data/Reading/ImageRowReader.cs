using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>Reads a data view's images and labels in one pass, in order, and copies the pixels out.</summary>
internal static class ImageRowReader
{
    /// <summary>A data view's rows. Where an image cannot be read or prepared, the row has its fault; other errors are thrown.</summary>
    public static IEnumerable<ImageRow> Read(
        IDataView data, ImageReadOptions options, Func<RgbImage, RgbImage> prepare, CancellationToken cancellation)
    {
        var (imageColumnName, labelColumnName) = (options.ImageColumnName, options.LabelColumnName);
        var imageColumn = Column(data.Schema, imageColumnName, "image");
        var labelColumn = Column(data.Schema, labelColumnName, "label");
        if (imageColumn.Type is not ImageDataViewType)
            throw new ArgumentException(
                $"The image column '{imageColumnName}' has the type {imageColumn.Type}; expected images, as LoadImages makes.",
                nameof(data));

        var rows = options.Sample is { } sample ? Draw(data, labelColumn, sample) : null;
        using var cursor = data.GetRowCursor(ImageColumnReader.Columns(data.Schema, imageColumn).Append(labelColumn));
        var label = KeyLabel.Bind(cursor, labelColumn);
        var images = new ImageColumnReader(cursor, imageColumn);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!cursor.MoveNext())
                yield break;
            if (rows?.Contains(cursor.Position) == false)
                continue;
            var index = label();
            yield return index is null ? default : ReadImage(images, prepare, index.Value);
        }
    }

    /// <summary>The positions of a sample's rows. Rows are counted without a look at the images, which would decode them.</summary>
    private static HashSet<long> Draw(IDataView data, DataViewSchema.Column counted, ImageSample sample)
    {
        var rows = new List<long>();
        using (var cursor = data.GetRowCursor([counted]))
            while (cursor.MoveNext())
                rows.Add(cursor.Position);
        var order = rows.ToArray();
        new Random(sample.Seed).Shuffle(order);
        return [.. order.Take(sample.Count)];
    }

    private static ImageRow ReadImage(ImageColumnReader images, Func<RgbImage, RgbImage> prepare, long label)
    {
        Exception? cause = null;
        try
        {
            if (images.Read() is { } image)
                return new ImageRow(label, prepare(image), null, images.Name);
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            cause = exception;
        }
        return new ImageRow(label, null, images.Fault(cause), images.Name);
    }

    private static DataViewSchema.Column Column(DataViewSchema schema, string name, string role) =>
        schema.GetColumnOrNull(name) ?? throw new ArgumentException(
            $"There is no {role} column '{name}'; the data has the columns {string.Join(", ", schema.Select(column => column.Name))}.");
}

/// <summary>One row of a data set: an image and its class, or what is wrong with the image.</summary>
/// <param name="Label">Class index from 0, or null where the label is missing; the image is then not read.</param>
/// <param name="Image">The pixels, or null where the label is missing or the image bad.</param>
/// <param name="Fault">What is wrong with the image, or null.</param>
/// <param name="Name">What a user knows the image by: its file, or else its row.</param>
internal readonly record struct ImageRow(long? Label, RgbImage? Image, BadImage? Fault, string Name);
