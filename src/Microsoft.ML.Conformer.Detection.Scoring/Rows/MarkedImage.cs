namespace Microsoft.ML.Conformer.Detection.Rows;

/// <summary>What people marked in an image.</summary>
/// <param name="Objects">The objects, crowds among them.</param>
internal sealed record MarkedImage(IReadOnlyList<MarkedObject> Objects)
{
    /// <summary>The objects that a network is to learn: none that stands for a crowd, and none without a pixel.</summary>
    public IEnumerable<MarkedObject> Learnable => Objects.Where(one => !one.IsCrowd && one.Box.Width >= 1 && one.Box.Height >= 1);

    /// <summary>Whether an object reaches a pixel or more beyond an image of a size, as where its annotations are of another one.</summary>
    public bool Leaves(ImageSize image) => Objects.Any(one => one.Box.X1 >= image.Width + 1 || one.Box.Y1 >= image.Height + 1);

    /// <summary>Fails where the first mask is none of an image of this size; the others were made with it.</summary>
    /// <param name="image">The size of the image as it came.</param>
    /// <param name="name">The image, for the message.</param>
    /// <exception cref="InvalidDataException">It is none; the message names the image.</exception>
    public void ThrowIfOfAnotherSize(ImageSize image, string name)
    {
        try
        {
            Objects.FirstOrDefault(one => one.Mask.Length > 0)?.MaskIn(image);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(
                $"{name}: a mask is of an image of another size. {e.Message} mlContext.Data.CheckCoco and its siblings, and " +
                "`conformer check`, tell all such images.", e);
        }
    }
}

/// <summary>An object that people marked.</summary>
/// <param name="Label">Its class, from 0.</param>
/// <param name="Box">In pixels of the image as it came.</param>
/// <param name="IsCrowd">Whether it is neither to be learned nor to be found.</param>
/// <param name="Mask">COCO's compressed text, of the image as it came; empty where it has none.</param>
/// <param name="Area">In square pixels, where the data tells.</param>
internal sealed record MarkedObject(int Label, Box Box, bool IsCrowd, string Mask, float? Area = null)
{
    public ImageBox ImageBox => Box.ToImageBox();

    /// <summary>The same as COCO's evaluation takes it.</summary>
    /// <param name="image">The size of the image as it came.</param>
    /// <param name="needsMask">Whether it must have a mask, so that a box stands for one that is lacking.</param>
    /// <exception cref="InvalidDataException">The mask is none of an image of this size.</exception>
    public TrueObject ToTrue(ImageSize image, bool needsMask)
    {
        var mask = needsMask || (Area is null && Mask.Length > 0) ? MaskIn(image) : null;
        return new TrueObject(Label, ImageBox, Area ?? (Mask.Length > 0 ? mask!.Area : Box.Area), IsCrowd, mask);
    }

    /// <summary>Its mask, or all of its box where nobody drew one.</summary>
    /// <param name="image">The size of the image as it came.</param>
    /// <exception cref="InvalidDataException">The mask is none of an image of this size.</exception>
    public RunLengthMask MaskIn(ImageSize image) => Mask.Length > 0
        ? RunLengthMask.Parse(Mask, image.Height, image.Width)
        : RunLengthMask.FromPolygons([[Box.X0, Box.Y0, Box.X1, Box.Y0, Box.X1, Box.Y1, Box.X0, Box.Y1]], image.Height, image.Width);
}
