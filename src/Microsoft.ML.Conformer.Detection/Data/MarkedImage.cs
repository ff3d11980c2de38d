namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>What people marked in an image.</summary>
/// <param name="Objects">The objects, crowds among them.</param>
internal sealed record MarkedImage(IReadOnlyList<MarkedObject> Objects)
{
    /// <summary>The objects that a network is to learn: none that stands for a crowd, and none without a pixel.</summary>
    public IEnumerable<MarkedObject> Learnable => Objects.Where(one => !one.IsCrowd && one.Box.Width >= 1 && one.Box.Height >= 1);
}

/// <summary>An object that people marked.</summary>
/// <param name="Label">Its class, from 0.</param>
/// <param name="Box">In pixels of the image as it came.</param>
/// <param name="IsCrowd">Whether it is neither to be learned nor to be found.</param>
/// <param name="Mask">COCO's compressed text, of the image as it came; empty where it has none.</param>
internal sealed record MarkedObject(int Label, Box Box, bool IsCrowd, string Mask);
