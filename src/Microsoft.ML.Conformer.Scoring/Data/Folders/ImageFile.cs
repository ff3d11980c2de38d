namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>A row of an image folder; the properties are the columns' names.</summary>
internal sealed class ImageFile
{
    public string ImagePath { get; set; } = "";

    /// <summary>Name of the class folder that holds it.</summary>
    public string Label { get; set; } = "";
}
