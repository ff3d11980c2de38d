using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>The columns that say what is in an image: ML.NET's detector has the first two.</summary>
/// <param name="Label">A key for each object.</param>
/// <param name="BoundingBoxes">x0, y0, x1, y1 for each, in pixels.</param>
/// <param name="Masks">COCO's compressed text for each; null where no masks are trained.</param>
/// <param name="IsCrowd">Whether each is a crowd; where the data has no such column, none is.</param>
internal sealed record ObjectColumns(string Label, string BoundingBoxes, string? Masks, string IsCrowd)
{
    /// <summary>The columns that the data has beside the label's.</summary>
    public IEnumerable<string> Others(DataViewSchema schema) =>
        ((string?[])[BoundingBoxes, Masks, schema.GetColumnOrNull(IsCrowd) is null ? null : IsCrowd]).OfType<string>();

    /// <summary>Checks that the columns are there and have the right types. Returns the label's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is absent or of another type.</exception>
    public DataViewSchema.Column Check(DataViewSchema schema)
    {
        var label = Find(schema, Label, "label", "a vector of keys", type => type is VectorDataViewType { ItemType: KeyDataViewType key } &&
            key.RawType == typeof(uint));
        Find(schema, BoundingBoxes, "bounding box", "a vector of Single", type => type is VectorDataViewType { ItemType: NumberDataViewType item } &&
            item == NumberDataViewType.Single);
        if (Masks is not null)
            Find(schema, Masks, "mask", "a vector of text", type => type is VectorDataViewType { ItemType: TextDataViewType });
        if (schema.GetColumnOrNull(IsCrowd) is not null)
            Find(schema, IsCrowd, "crowd", "a vector of Boolean", type => type is VectorDataViewType { ItemType: BooleanDataViewType });
        return label;
    }

    /// <summary>Reads the objects of the cursor's row; the function throws where they do not fit together.</summary>
    public Func<MarkedImage> Bind(DataViewRow row)
    {
        var labels = Getter<uint>(row, Label);
        var boxes = Getter<float>(row, BoundingBoxes);
        var masks = Masks is null ? null : Getter<ReadOnlyMemory<char>>(row, Masks);
        var crowds = row.Schema.GetColumnOrNull(IsCrowd) is null ? null : Getter<bool>(row, IsCrowd);
        return () =>
        {
            var (keys, edges, texts, isCrowd) = (labels(), boxes(), masks?.Invoke(), crowds?.Invoke());
            var count = keys.Length;
            Expect(edges.Length == 4 * count, BoundingBoxes, edges.Length, 4 * count);
            Expect(texts is null || texts.Length == count, Masks!, texts?.Length ?? 0, count);
            Expect(isCrowd is null || isCrowd.Length == count, IsCrowd, isCrowd?.Length ?? 0, count);
            if (edges.Any(edge => !float.IsFinite(edge)))
                throw new InvalidDataException(
                    $"Row {row.Position} has a box that is not finite (column '{BoundingBoxes}'). Check the data by `conformer check`.");
            return new MarkedImage([.. Enumerable.Range(0, count).Where(i => keys[i] > 0).Select(i => new MarkedObject(
                (int)keys[i] - 1, new Box(edges[4 * i], edges[4 * i + 1], edges[4 * i + 2], edges[4 * i + 3]), isCrowd?[i] ?? false,
                texts?[i].ToString() ?? ""))]);

            void Expect(bool holds, string column, int length, int expected)
            {
                if (!holds)
                    throw new InvalidDataException(
                        $"Row {row.Position} has {count} labels (column '{Label}'), but {length} values in the column '{column}'; " +
                        $"expected {expected}.");
            }
        };
    }

    private static Func<T[]> Getter<T>(DataViewRow row, string column)
    {
        var getter = row.GetGetter<VBuffer<T>>(row.Schema[column]);
        VBuffer<T> values = default;
        return () =>
        {
            getter(ref values);
            return [.. values.DenseValues()];
        };
    }

    private static DataViewSchema.Column Find(
        DataViewSchema schema, string name, string role, string expected, Func<DataViewType, bool> fits)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing(role, name, schema, $"It must be {expected}; mlContext.Data.LoadFromCoco and its siblings make it.");
        return fits(column.Type)
            ? column
            : throw ColumnErrors.Mismatch(role, name, expected, $"{column.Type}", "Convert it, or name another column.");
    }
}
