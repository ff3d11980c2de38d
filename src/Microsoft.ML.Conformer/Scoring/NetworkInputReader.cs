using Microsoft.ML.Conformer.Data;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Reads a row's image as the network's input.</summary>
internal sealed class NetworkInputReader(DataViewRow row, DataViewSchema.Column column, ImagePreprocessor preprocessor)
{
    private readonly ImageColumnReader _images = new(row.GetGetter<MLImage>(column));

    /// <summary>Preprocesses the current row's image; at most once a row.</summary>
    /// <param name="destination">[3, S, S]: receives normalized RGB values.</param>
    /// <returns>Null, or why there are no values: the image is missing or unusable.</returns>
    public BadImage? TryRead(Span<float> destination)
    {
        MLImage? image = null;
        try
        {
            image = _images.Read();
            if (image is null)
                return new BadImage(row.Position, null, null);
            preprocessor.Preprocess(RgbImage.FromMLImage(image), destination, PixelLayout.Nchw);
            return null;
        }
        // Decoders, file systems and pipelines throw what they like; whatever it is, this row's image cannot be had.
        catch (Exception e) when (e is not (OperationCanceledException or ObjectDisposedException))
        {
            return new BadImage(row.Position, image?.Tag, e);
        }
    }

    /// <summary>The error of a row that cannot be scored.</summary>
    public InvalidDataException ErrorOf(BadImage bad) =>
        new($"{bad.Describe()} It cannot be scored (column '{column.Name}').", bad.Cause);
}
