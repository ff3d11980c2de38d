namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>Reads a row's image for a network.</summary>
internal sealed class NetworkImageReader(DataViewRow row, DataViewSchema.Column column, ImageDecoding decoding)
{
    private readonly ImageColumnReader _images = new(row, column, decoding);

    /// <summary>Gives on the current row's image, at most once a row. Returns why it is missing or unusable, or null.</summary>
    public BadImage? TryRead(Action<RgbImage> use)
    {
        var pending = Take();
        return pending.Image is null ? pending.Bad : Prepare(pending, use);
    }

    /// <summary>Takes the current row's image, to be prepared later; without one where it is missing or unusable.</summary>
    public (RowImage? Image, BadImage Bad) Take()
    {
        try
        {
            return (_images.Take(), _images.Fault(null));
        }
        catch (Exception e) when (IsOfImage(e))
        {
            return (null, _images.Fault(e));
        }
    }

    /// <summary>Decodes a taken image and gives it on, on any thread. Returns why it is unusable, or null.</summary>
    public BadImage? Prepare((RowImage? Image, BadImage Bad) taken, Action<RgbImage> use)
    {
        try
        {
            use(taken.Image!.Decode(decoding));
            return null;
        }
        catch (Exception e) when (IsOfImage(e))
        {
            return taken.Bad with { Cause = e };
        }
    }

    public InvalidDataException ErrorOf(BadImage bad) => new($"{bad.Describe()} It cannot be scored (column '{column.Name}').", bad.Cause);

    private static bool IsOfImage(Exception e) => BadImage.CanCause(e) && e is not ObjectDisposedException;
}
