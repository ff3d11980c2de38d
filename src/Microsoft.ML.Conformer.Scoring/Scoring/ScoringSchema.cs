using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>An input schema and the columns that scoring adds.</summary>
internal sealed class ScoringSchema<TRow>
{
    private readonly IReadOnlyList<OutputColumn<TRow>> _added;

    public ScoringSchema(DataViewSchema input, string imageColumnName, IReadOnlyList<OutputColumn<TRow>> added)
    {
        (Input, _added) = (input, added);
        Image = ShapeColumns.FindImage(input, imageColumnName);

        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        foreach (var column in added)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        Output = builder.ToSchema();
    }

    public DataViewSchema Input { get; }

    /// <summary>The input's columns at their places, then those added.</summary>
    public DataViewSchema Output { get; }

    public DataViewSchema.Column Image { get; }

    public bool IsScored(DataViewSchema.Column column) => column.Index >= Input.Count;

    /// <summary>The input columns that pass through among <paramref name="outputs"/>.</summary>
    public IEnumerable<DataViewSchema.Column> PassedThrough(IEnumerable<DataViewSchema.Column> outputs) =>
        outputs.Where(column => !IsScored(column)).Select(column => Input[column.Index]);

    public ValueGetter<TValue> ScoredGetter<TValue>(DataViewSchema.Column column, Func<TRow> row) =>
        _added[column.Index - Input.Count].Getter<TValue>(row);
}
