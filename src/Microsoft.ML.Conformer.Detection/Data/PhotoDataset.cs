namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>Photos, whole, to train or to validate with; what is known of each is up to who derives from this.</summary>
/// <param name="images">The photos; its own from now on.</param>
/// <param name="sizes">Their sizes.</param>
/// <param name="isUsable">Whether one may be trained with.</param>
internal abstract class PhotoDataset(ImageDataset images, IReadOnlyList<ImageSize> sizes, Func<int, bool> isUsable) : IDisposable
{
    public int Count => images.Count;

    /// <summary>Those that may be trained with.</summary>
    public IReadOnlyList<int> Usable { get; } = [.. Enumerable.Range(0, images.Count).Where(isUsable)];

    /// <summary>Rows that were left out since nothing is known of them, or their image cannot be read.</summary>
    public (int Empty, int Bad) LeftOut => (images.UnlabeledCount, images.BadImageCount);

    public ImageSize SizeOf(int image) => sizes[image];

    public ImageLease Rent(int image) => images.Rent(image);

    /// <summary>A photo that is the caller's own.</summary>
    /// <param name="image">Which.</param>
    /// <param name="size">What it is resized to; null (default) for the size that it has.</param>
    public RgbImage Read(int image, ImageSize? size = null)
    {
        using var lease = Rent(image);
        var photo = lease.Image;
        var resized = size is { } other ? LinearResize.Apply(photo, other.Height, other.Width) : photo;
        // The lease's memory is another photo's once it ends.
        return resized != photo ? resized
            : new RgbImage(photo.Width, photo.Height, photo.Pixels.AsSpan(0, photo.ByteCount).ToArray());
    }

    public string NameOf(int image) => images.NameOf(image);

    public void Dispose() => images.Dispose();

    /// <summary>Of an image that may not be decoded yet; one that cannot be read says so when its turn comes.</summary>
    /// <param name="row">The image.</param>
    /// <param name="otherwise">What is taken for such a one.</param>
    protected static ImageSize SizeOf(ImageRow row, ImageSize otherwise)
    {
        if (row.Size is ( > 0, > 0) size)
            return new ImageSize(size.Height, size.Width);
        return ImageFileSize.Of(row.Taken.Path!) is { Fault: null } file ? new ImageSize(file.Height, file.Width) : otherwise;
    }
}
