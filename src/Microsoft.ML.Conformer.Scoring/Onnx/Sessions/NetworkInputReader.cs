namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>Reads a row's image as the network's input.</summary>
internal sealed class NetworkInputReader(DataViewRow row, DataViewSchema.Column column, NetworkInput input, ImageDecoding decoding)
{
    private readonly ImageColumnReader _images = new(row, column, decoding);

    /// <summary>Preprocesses the current row's image, at most once a row. Returns why it is missing or unusable, or null.</summary>
    public BadImage? TryRead(Span<float> destination)
    {
        var pending = Take();
        return pending.Image is null ? pending.Bad : Prepare(pending, destination);
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

    /// <summary>Preprocesses a taken image, on any thread. Returns why it is unusable, or null.</summary>
    public BadImage? Prepare((RowImage? Image, BadImage Bad) taken, Span<float> destination)
    {
        try
        {
            input.Write(taken.Image!.Decode(decoding), destination);
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
