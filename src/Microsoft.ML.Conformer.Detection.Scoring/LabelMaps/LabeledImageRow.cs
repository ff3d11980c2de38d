using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>An image and its label map as a row; the properties are the columns' names.</summary>
internal sealed class LabeledImageRow
{
    /// <summary>Annotations of the label maps' column: the classes, and what each of 256 values means.</summary>
    public const string ClassNamesKind = "ClassNames", ClassOfValueKind = "ClassOfValue";

    /// <summary>The full path.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>The full path of a PNG.</summary>
    public string LabelMapPath { get; set; } = "";

    public static IDataView Load(DataOperationsCatalog data, LabeledImages images)
    {
        var schema = SchemaDefinition.Create(typeof(LabeledImageRow));
        var (names, rule) = (images.ClassNames, images.Rule.Classes);
        var map = schema[nameof(LabelMapPath)];
        map.AddAnnotation(
            ClassNamesKind, new VBuffer<ReadOnlyMemory<char>>(names.Count, [.. names.Select(name => name.AsMemory())]),
            new VectorDataViewType(TextDataViewType.Instance, names.Count));
        map.AddAnnotation(
            ClassOfValueKind, new VBuffer<int>(rule.Count, [.. rule]), new VectorDataViewType(NumberDataViewType.Int32, rule.Count));
        return data.LoadFromEnumerable(
            images.Images.Select(image => new LabeledImageRow { ImagePath = image.Image, LabelMapPath = image.LabelMap }).ToList(), schema);
    }

    /// <summary>What a column's annotations say; null where it has none.</summary>
    public static (IReadOnlyList<string> ClassNames, LabelRule Rule)? ClassesOf(DataViewSchema.Column column)
    {
        if (ClassNamesOf(column) is not { } names || column.Annotations.Schema.GetColumnOrNull(ClassOfValueKind) is null)
            return null;
        VBuffer<int> values = default;
        column.Annotations.GetValue(ClassOfValueKind, ref values);
        return (names, new LabelRule([.. values.DenseValues()]));
    }

    /// <summary>The classes that a column's annotations name; null where it has none.</summary>
    public static IReadOnlyList<string>? ClassNamesOf(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(ClassNamesKind) is null)
            return null;
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.Annotations.GetValue(ClassNamesKind, ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }
}
