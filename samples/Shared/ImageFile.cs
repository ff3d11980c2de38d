namespace Samples.Shared;

/// <summary>An image file and its class: a row of a data view.</summary>
public sealed class ImageFile
{
    /// <summary>Path of the image.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>The class's name.</summary>
    public string Label { get; set; } = "";
}
