using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>Reads images whose label maps are known, and what a network made of them, out of a data view.</summary>
internal static class ScoredLabelMaps
{
    private const string Advice = "Transform of a network for segmentation adds it.";

    /// <summary>Counts all pixels, by classes of the same name.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="skipped">Told how many rows have no prediction, as their image was skipped.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of another type, or has no annotations of classes.</exception>
    /// <exception cref="InvalidDataException">A label map cannot be used, has another size, or there is no row.</exception>
    public static SegmentationMetrics Count(
        IDataView data, SegmentationEvaluationOptions columns, Action<long> skipped, CancellationToken cancellation)
    {
        var truth = columns.LabelMapColumnName;
        var maps = LabelMapPaths.Find(data.Schema, truth);
        var labels = Find<byte>(data.Schema, columns.PredictedLabelsColumnName, "predicted labels", NumberDataViewType.Byte);
        var size = Find<int>(data.Schema, columns.SizeColumnName, "predicted labels' size", NumberDataViewType.Int32, size: 2);
        var predicted = LabeledImageRow.ClassNamesOf(labels) ?? maps.ClassNames;
        List<string> classes = [.. maps.ClassNames, .. predicted.Except(maps.ClassNames)];
        var classOf = predicted.Select(name => classes.IndexOf(name)).ToArray(); // with those of the network alone there may be over 256
        var counts = new SegmentationCounts(classes);
        using var cursor = data.GetRowCursor([data.Schema[truth], labels, size]);
        var (path, values, sides) = (
            cursor.GetGetter<ReadOnlyMemory<char>>(data.Schema[truth]), cursor.GetGetter<VBuffer<byte>>(labels),
            cursor.GetGetter<VBuffer<int>>(size));
        var (file, found, shape, rows, empty) = (default(ReadOnlyMemory<char>), default(VBuffer<byte>), default(VBuffer<int>), 0L, 0L);
        for (; cursor.MoveNext(); rows++)
        {
            cancellation.ThrowIfCancellationRequested();
            values(ref found);
            if (found.Length == 0)
            {
                empty++;
                continue;
            }
            path(ref file);
            sides(ref shape);
            var (name, height, width) = (file.ToString(), shape.GetItemOrDefault(0), shape.GetItemOrDefault(1));
            var map = maps.Rule.Load(name);
            if ((height, width) != (map.Height, map.Width))
                throw new InvalidDataException(
                    $"Row {cursor.Position}: the label map '{VisibleText.OfPath(name)}' has {map.Width} x {map.Height} pixels, and the " +
                    $"prediction (column '{size.Name}') {width} x {height}; expected the same.");
            if (found.Length != map.Values.Length || found.DenseValues().Any(label => label >= classOf.Length))
                throw new InvalidDataException(
                    $"Row {cursor.Position} has {found.Length} predicted labels up to {found.DenseValues().Max()} (column " +
                    $"'{labels.Name}'); expected {map.Values.Length}, below {classOf.Length}, the number of classes.");
            counts.Add<int>([.. map.Values.Select(label => (int)label)], [.. found.DenseValues().Select(label => classOf[label])]);
        }
        if (rows == empty)
            throw new InvalidDataException("There is no image to evaluate: the data has no row with predicted labels.");
        if (empty > 0)
            skipped(empty);
        return counts.Metrics();
    }

    private static DataViewSchema.Column Find<T>(DataViewSchema schema, string name, string role, DataViewType item, int size = 0)
    {
        var expected = size == 0 ? $"a vector of {typeof(T).Name}" : $"a vector of {size} {typeof(T).Name}";
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing(role, name, schema, $"It must be {expected}; {Advice}");
        return column.Type is VectorDataViewType vector && vector.ItemType.Equals(item) && (size == 0 || vector.Size == size)
            ? column
            : throw ColumnErrors.Mismatch(role, name, expected, $"{column.Type}", Advice);
    }
}
