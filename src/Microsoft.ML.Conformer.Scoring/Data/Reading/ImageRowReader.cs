using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>Reads a data view's images and labels in one pass, in order, and decodes them on several threads.</summary>
internal static class ImageRowReader
{
    /// <summary>Rows that a thread has before it, decoded or not, so that none waits for the slowest.</summary>
    private const int BegunByWorker = 2;

    /// <summary>Whether a data view's images are files' paths, of which each can be decoded at any time.</summary>
    public static bool HoldsFiles(IDataView data, ImageReadOptions options) =>
        Column(data.Schema, options.ImageColumnName, "image").Type is TextDataViewType;

    /// <summary>
    /// A data view's rows, with their images as they come; of a file nothing is read yet. Images that another process of the group decodes
    /// are not taken, unless they are files.
    /// </summary>
    public static IEnumerable<TakenRow> Take(IDataView data, ImageReadOptions options, CancellationToken cancellation)
    {
        var imageColumn = Column(data.Schema, options.ImageColumnName, "image");
        var labelColumn = Column(data.Schema, options.LabelColumnName, "label");
        if (!ShapeColumns.HoldsImages(imageColumn.Type))
            throw new ArgumentException(
                $"The image column '{imageColumn.Name}' has the type {imageColumn.Type}; expected {ShapeColumns.ImageTypes}.",
                nameof(data));

        var rows = options.Sample is { } sample ? Draw(data, labelColumn, sample) : null;
        using var cursor = data.GetRowCursor(ImageColumnReader.Columns(data.Schema, imageColumn).Append(labelColumn)
            .Concat(options.MoreColumns.Select(name => data.Schema[name])));
        var label = options.BindLabel(cursor, labelColumn);
        var images = new ImageColumnReader(cursor, imageColumn, options.Decoding);
        var (isOfFiles, labeled) = (imageColumn.Type is TextDataViewType, 0L);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!cursor.MoveNext())
                yield break;
            if (rows?.Contains(cursor.Position) == false)
                continue;
            if (label() is not { } index)
            {
                yield return default;
                continue;
            }
            var decoder = options.Group is { } group ? (int)(labeled++ % group.Size) : 0;
            var row = isOfFiles || IsOwn(decoder, options) ? Take(images, cursor.Position, index)
                : new TakenRow(cursor.Position, index, null, null, null);
            yield return row with { Decoder = decoder };
        }
    }

    /// <summary>
    /// Decodes and prepares taken rows' images, in order. Where one cannot be used, the row has its fault. Rows that another process of
    /// the group decodes stay without an image.
    /// </summary>
    public static IEnumerable<ImageRow> Decode(
        IEnumerable<TakenRow> rows, ImageReadOptions options, Func<RgbImage, RgbImage> prepare, CancellationToken cancellation)
    {
        var begun = new Queue<Task<ImageRow>>();
        // Of the rows in the queue this process decodes its part, so that a group's processes together have as many begun as one alone.
        var mostBegun = Math.Max(options.Workers, options.Group?.Size ?? 1) * BegunByWorker;
        try
        {
            foreach (var row in rows)
            {
                cancellation.ThrowIfCancellationRequested();
                begun.Enqueue(row.Image is null || !IsOwn(row.Decoder, options) ? Task.FromResult(Decode(row, options, prepare))
                    : Task.Run(() => Decode(row, options, prepare).Hashed(options), CancellationToken.None));
                if (begun.Count >= mostBegun)
                    yield return begun.Dequeue().GetAwaiter().GetResult();
            }
            while (begun.TryDequeue(out var row))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return row.GetAwaiter().GetResult();
            }
        }
        finally
        {
            foreach (var row in begun)
            {
                Task.WaitAny(row);
                _ = row.Exception; // looked at, so that it is not raised later as one that nobody saw
            }
        }
    }

    private static ImageRow Decode(TakenRow row, ImageReadOptions options, Func<RgbImage, RgbImage> prepare)
    {
        if (!IsOwn(row.Decoder, options))
            return new ImageRow(row, null, null);
        if (row.Image is null)
            return new ImageRow(row, null, row.Label is null ? null : row.Fault(row.Cause));
        try
        {
            var image = row.Image.Decode(options.Decoding, options.LeastSide);
            var prepared = prepare(image);
            return new ImageRow(row, prepared, null) { Size = (image.Width, image.Height), IsDull = prepared.IsDull() };
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            return new ImageRow(row, null, row.Fault(exception));
        }
    }

    private static bool IsOwn(int decoder, ImageReadOptions options) => decoder == (options.Group?.Rank ?? 0);

    private static TakenRow Take(ImageColumnReader images, long row, long label)
    {
        try
        {
            var image = images.Take();
            return new TakenRow(row, label, image, image?.Path ?? images.Path(null), null);
        }
        catch (Exception exception) when (BadImage.CanCause(exception))
        {
            return new TakenRow(row, label, null, images.Path(exception), exception);
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

    private static DataViewSchema.Column Column(DataViewSchema schema, string name, string role) =>
        schema.GetColumnOrNull(name) ?? throw new ArgumentException(
            $"There is no {role} column '{name}'; the data has the columns " +
            $"{string.Join(", ", schema.Select(column => VisibleText.Of(column.Name)))}.");
}

/// <summary>A row whose image is still to be decoded.</summary>
/// <param name="Row">Its place, from 0.</param>
/// <param name="Label">Class index from 0, or null where the label is missing; the image is then not looked at.</param>
/// <param name="Image">The image, or null where the row has none or it cannot be taken.</param>
/// <param name="Path">The image's file, where the row or the error tells.</param>
/// <param name="Cause">Why the image cannot be taken, or null.</param>
internal readonly record struct TakenRow(long Row, long? Label, RowImage? Image, string? Path, Exception? Cause)
{
    /// <summary>The rank that decodes the image: of the rows with a label, each in turn has the next one.</summary>
    public int Decoder { get; init; }

    /// <summary>What a user knows the image by: its file, or else its row.</summary>
    public string Name => Path ?? FormattableString.Invariant($"row {Row}");

    public BadImage Fault(Exception? cause) => new(Row, Path, cause) { Label = Label };
}

/// <summary>One row of a data set: an image and its class, or what is wrong with the image.</summary>
/// <param name="Taken">The row, with its label.</param>
/// <param name="Image">The pixels, or null where the label is missing, the image bad, or decoded elsewhere.</param>
/// <param name="Fault">What is wrong with the image, or null.</param>
internal readonly record struct ImageRow(TakenRow Taken, RgbImage? Image, BadImage? Fault)
{
    /// <summary>Width and height of the image as it was decoded, before it was prepared.</summary>
    public (int Width, int Height) Size { get; init; }

    /// <summary>Whether the pixels are nearly of one color.</summary>
    public bool IsDull { get; init; }

    /// <summary>What the options' HashOf made of the row; null where they have none, or the image is bad.</summary>
    public UInt128? Hash { get; init; }

    /// <summary>The row with its hash, where one is asked for.</summary>
    public ImageRow Hashed(ImageReadOptions options) =>
        Taken.Label is not null && Fault is null && options.HashOf is { } hashOf ? this with { Hash = hashOf(this) } : this;
}
