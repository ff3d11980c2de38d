using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>An image and its objects as a row; the properties are the columns' names.</summary>
internal sealed class DetectionRow
{
    /// <summary>The full path.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>Keys of the classes, one for each object.</summary>
    public uint[] Label { get; set; } = [];

    /// <summary>x0, y0, x1, y1 of each object in pixels.</summary>
    public float[] BoundingBoxes { get; set; } = [];

    /// <summary>COCO's compressed text of each object's mask; empty where it has none.</summary>
    public string[] Masks { get; set; } = [];

    /// <summary>Of each object.</summary>
    public bool[] IsCrowd { get; set; } = [];

    /// <summary>Of each object in square pixels.</summary>
    public float[] Area { get; set; } = [];

    public static IDataView Load(DataOperationsCatalog data, AnnotatedImages images)
    {
        var schema = SchemaDefinition.Create(typeof(DetectionRow));
        var count = images.ClassNames.Count;
        var label = schema[nameof(Label)];
        label.ColumnType = new VectorDataViewType(new KeyDataViewType(typeof(uint), count));
        label.AddAnnotation(
            ClassLabels.KeyValuesKind, new VBuffer<ReadOnlyMemory<char>>(count, [.. images.ClassNames.Select(name => name.AsMemory())]),
            new VectorDataViewType(TextDataViewType.Instance, count));
        return data.LoadFromEnumerable(images.Images.Select(Of).ToList(), schema);
    }

    private static DetectionRow Of(AnnotatedImage image) => new()
    {
        ImagePath = image.Path,
        Label = [.. image.Objects.Select(one => (uint)one.ClassIndex + 1)],
        BoundingBoxes = [.. image.Objects.SelectMany(one => new[]
        {
            (float)one.Box.Left, (float)one.Box.Top, (float)(one.Box.Left + one.Box.Width), (float)(one.Box.Top + one.Box.Height),
        })],
        Masks = [.. image.Objects.Select(one => one.Mask ?? "")],
        IsCrowd = [.. image.Objects.Select(one => one.IsCrowd)],
        Area = [.. image.Objects.Select(one => (float)one.Area)],
    };
}
