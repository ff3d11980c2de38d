using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Scores row by row: for PredictionEngine.</summary>
internal sealed class ScoringRowMapper<TRow>(ScoringSchema<TRow> schema, IRowScoring<TRow> scoring) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Input;

    public DataViewSchema OutputSchema => schema.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var columns = dependingColumns.ToList();
        var passed = schema.PassedThrough(columns);
        return columns.Exists(schema.IsScored)
            ? passed.Concat(ImageColumnReader.Columns(schema.Input, schema.Image)).DistinctBy(column => column.Index)
            : passed;
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        if (input.Schema != InputSchema)
            throw new ArgumentException("The row has another schema than the one that the mapper was made for.", nameof(input));
        return new ScoringRow<TRow>(schema, input, activeColumns, scoring);
    }
}
