using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Rows;

/// <summary>The columns that say what is in an image: ML.NET's detector has the first two.</summary>
/// <param name="Label">A key for each object.</param>
/// <param name="BoundingBoxes">x0, y0, x1, y1 for each, in pixels.</param>
/// <param name="Masks">COCO's compressed text for each; null where no masks are trained.</param>
/// <param name="IsCrowd">Whether each is a crowd; where the data has no such column, none is.</param>
/// <param name="Area">The area of each in square pixels; where the data has no such column, the mask's or the box's counts.</param>
internal sealed record ObjectColumns(string Label, string BoundingBoxes, string? Masks, string IsCrowd, string Area = "Area")
{
    /// <summary>The columns that the data has beside the label's.</summary>
    public IEnumerable<string> Others(DataViewSchema schema) =>
        ((string?[])[BoundingBoxes, Masks, IfThere(schema, IsCrowd), IfThere(schema, Area)]).OfType<string>();

    /// <summary>Checks that the columns are there and have the right types. Returns the label's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is absent or of another type.</exception>
    public DataViewSchema.Column Check(DataViewSchema schema)
    {
        var label = ObjectVector.Find(schema, Label, "label", "a vector of keys", ObjectVector.AreKeys);
        ObjectVector.Find(schema, BoundingBoxes, "bounding box", "a vector of Single", ObjectVector.AreNumbers);
        if (Masks is not null)
            ObjectVector.Find(schema, Masks, "mask", "a vector of text", ObjectVector.AreTexts);
        if (schema.GetColumnOrNull(IsCrowd) is not null)
            ObjectVector.Find(
                schema, IsCrowd, "crowd", "a vector of Boolean", type => type is VectorDataViewType { ItemType: BooleanDataViewType });
        if (schema.GetColumnOrNull(Area) is not null)
            ObjectVector.Find(schema, Area, "area", "a vector of Single", ObjectVector.AreNumbers);
        return label;
    }

    /// <summary>Reads the objects of the cursor's row; the function throws where they do not fit together.</summary>
    public Func<MarkedImage> Bind(DataViewRow row)
    {
        var labels = ObjectVector.Getter<uint>(row, Label);
        var boxes = ObjectVector.Getter<float>(row, BoundingBoxes);
        var masks = Masks is null ? null : ObjectVector.Getter<ReadOnlyMemory<char>>(row, Masks);
        var crowds = row.Schema.GetColumnOrNull(IsCrowd) is null ? null : ObjectVector.Getter<bool>(row, IsCrowd);
        var areas = row.Schema.GetColumnOrNull(Area) is null ? null : ObjectVector.Getter<float>(row, Area);
        return () =>
        {
            var (keys, edges, texts, isCrowd, area) = (labels(), boxes(), masks?.Invoke(), crowds?.Invoke(), areas?.Invoke());
            var count = keys.Length;
            ObjectVector.ThrowIfOther(row, Label, count, (BoundingBoxes, edges.Length, 4), (Masks, texts?.Length, 1),
                (IsCrowd, isCrowd?.Length, 1), (Area, area?.Length, 1));
            if (edges.Any(edge => !float.IsFinite(edge)))
                throw new InvalidDataException(
                    $"Row {row.Position} has a box that is not finite (column '{BoundingBoxes}'). Check the data by `conformer check`.");
            return new MarkedImage([.. Enumerable.Range(0, count).Where(i => keys[i] > 0).Select(i => new MarkedObject(
                (int)keys[i] - 1, new Box(edges[4 * i], edges[4 * i + 1], edges[4 * i + 2], edges[4 * i + 3]), isCrowd?[i] ?? false,
                texts?[i].ToString() ?? "", area?[i] is { } known && float.IsFinite(known) ? known : null))]);
        };
    }

    private static string? IfThere(DataViewSchema schema, string name) => schema.GetColumnOrNull(name) is null ? null : name;
}
