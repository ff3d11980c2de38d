using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>An input schema and the columns that scoring adds.</summary>
internal sealed class ScoringSchema
{
    private readonly IReadOnlyList<OutputColumn> _added;

    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public ScoringSchema(DataViewSchema input, string imageColumnName, IReadOnlyList<OutputColumn> added)
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

    /// <summary>Whether a column of <see cref="Output"/> is one that scoring adds.</summary>
    public bool IsScored(DataViewSchema.Column column) => column.Index >= Input.Count;

    /// <summary>The input columns that pass through among <paramref name="outputs"/>.</summary>
    public IEnumerable<DataViewSchema.Column> PassedThrough(IEnumerable<DataViewSchema.Column> outputs) =>
        outputs.Where(column => !IsScored(column)).Select(column => Input[column.Index]);

    /// <summary>The getter of a column that scoring adds.</summary>
    /// <param name="column">One for which <see cref="IsScored"/> holds.</param>
    /// <param name="values">Gives the current row's values of one of the graph's outputs.</param>
    /// <exception cref="InvalidOperationException">The column's type is not <typeparamref name="TValue"/>.</exception>
    public ValueGetter<TValue> ScoredGetter<TValue>(DataViewSchema.Column column, Func<int, ReadOnlyMemory<float>> values) =>
        _added[column.Index - Input.Count].Getter<TValue>(values);
}
