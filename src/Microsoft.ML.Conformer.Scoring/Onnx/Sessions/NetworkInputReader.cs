namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>Reads a row's image as the network's input.</summary>
internal sealed class NetworkInputReader(DataViewRow row, DataViewSchema.Column column, NetworkInput input)
{
    private readonly ImageColumnReader _images = new(row, column);

    /// <summary>Preprocesses the current row's image, at most once a row. Returns why it is missing or unusable, or null.</summary>
    public BadImage? TryRead(Span<float> destination)
    {
        try
        {
            if (_images.Read() is not { } image)
                return _images.Fault(null);
            input.Write(image, destination);
            return null;
        }
        catch (Exception e) when (BadImage.CanCause(e) && e is not ObjectDisposedException)
        {
            return _images.Fault(e);
        }
    }

    public InvalidDataException ErrorOf(BadImage bad) => new($"{bad.Describe()} It cannot be scored (column '{column.Name}').", bad.Cause);
}
