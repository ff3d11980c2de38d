using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data;

/// <summary>
/// Takes one image after the other out of a cursor's image column. ML.NET passes the consumer's last value to the getter, which may dispose
/// it, leave it as it is (ResizeImages where the row has no image), or throw; this class makes sure that no row is ever given the image of
/// another one, and that images are disposed by whom they belong to.
/// </summary>
internal sealed class ImageColumnReader(ValueGetter<MLImage> getter)
{
    private MLImage? _previous;

    /// <summary>
    /// The current row's image, or null where it has none. Valid until the next call; not for the caller to dispose. Call it at most once
    /// a row.
    /// </summary>
    /// <exception cref="InvalidOperationException">The image was disposed.</exception>
    /// <exception cref="Exception">Whatever the pipeline throws for a file that it cannot read.</exception>
    public MLImage? Read()
    {
        var previous = _previous;
        _previous = null;
        var image = previous!;
        getter(ref image);
        if (image is null)
            return null;

        if (ReferenceEquals(image, previous))
        {
            // Either two rows share an image, or the getter did nothing. A getter that starts from nothing tells which.
            image = null!;
            getter(ref image);
            if (image is null)
                return null;
        }

        // LoadImages tags what it loads, and expects it back to dispose it. An image without a tag may be one that the user holds in
        // memory: given back, ResizeImages disposes it where it already has the right size, and the next pass over the data fails.
        if (image.Tag is not null)
            _previous = image;
        return image;
    }
}
