namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>Where in a resized image a crop lies.</summary>
internal enum CropPosition
{
    Center,
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}
