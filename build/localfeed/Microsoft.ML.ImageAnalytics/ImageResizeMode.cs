namespace Microsoft.ML.Data;

/// <summary>How an image is brought to another size.</summary>
internal enum ImageResizeMode
{
    /// <summary>Whole image, aspect ratio kept, the rest zero.</summary>
    Pad,

    /// <summary>Whole image, aspect ratio given up.</summary>
    Fill,

    /// <summary>Aspect ratio kept, what sticks out is cut; the names say which edge is kept.</summary>
    CropAnchorTop,
    CropAnchorBottom,
    CropAnchorLeft,
    CropAnchorRight,
    CropAnchorCentral,
}
