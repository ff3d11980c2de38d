using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Reads a row's image as the network's input.</summary>
internal sealed class NetworkInputReader(DataViewRow row, DataViewSchema.Column column, NetworkInput input)
{
    private readonly ImageColumnReader _images = new(row.GetGetter<MLImage>(column));

    private readonly ValueGetter<ReadOnlyMemory<char>>? _path =
        ImageRowReader.PathColumn(row.Schema) is { } path && row.IsColumnActive(path)
            ? row.GetGetter<ReadOnlyMemory<char>>(path)
            : null;

    /// <summary>Preprocesses the current row's image; at most once a row.</summary>
    /// <param name="destination">Receives the values of the row's images.</param>
    /// <returns>Null, or why there are no values: the image is missing or unusable.</returns>
    public BadImage? TryRead(Span<float> destination)
    {
        MLImage? image = null;
        try
        {
            image = _images.Read();
            if (image is null)
                return new BadImage(row.Position, ImageRowReader.FindPath(null, null, _path), null);
            input.Write(RgbImage.FromMLImage(image), destination);
            return null;
        }
        catch (Exception e) when (BadImage.CanCause(e) && e is not ObjectDisposedException)
        {
            return new BadImage(row.Position, ImageRowReader.FindPath(image, e, _path), e);
        }
    }

    /// <summary>The error of a row that cannot be scored.</summary>
    public InvalidDataException ErrorOf(BadImage bad) =>
        new($"{bad.Describe()} It cannot be scored (column '{column.Name}').", bad.Cause);
}
