using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>What a column of label maps' paths says of them.</summary>
/// <param name="ClassNames">The classes.</param>
/// <param name="Rule">What the maps' values mean.</param>
internal sealed record LabelMapPaths(IReadOnlyList<string> ClassNames, LabelRule Rule)
{
    private const string Advice = "mlContext.Data.LoadSegmentation and its siblings make it.";

    /// <exception cref="ArgumentOutOfRangeException">The column is absent, no text, or has no annotations of classes.</exception>
    public static LabelMapPaths Find(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing("label map", name, schema, $"It must be files' paths; {Advice}");
        if (column.Type is not TextDataViewType)
            throw ColumnErrors.Mismatch("label map", name, "text (files' paths)", $"{column.Type}", Advice);
        return LabeledImageRow.ClassesOf(column) is var (names, rule)
            ? new LabelMapPaths(names, rule)
            : throw ColumnErrors.Mismatch(
                "label map", name,
                $"annotations {LabeledImageRow.ClassNamesKind} and {LabeledImageRow.ClassOfValueKind}, which say what its values mean",
                "none", Advice);
    }
}
