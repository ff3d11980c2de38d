using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>What a graph gives for a data view's rows: numbers for each image.</summary>
internal sealed class LookAheadOutputs(ImageScoring scoring, IDataView input, DataViewSchema.Column image, int batchSize)
    : LookAheadRows<RowOutputs, InputBatch>(scoring, new(input, image, scoring.Decoding, () => new InputBatch(batchSize, scoring.Input)))
{
    private readonly OutputValues _values = new(scoring.Session.Outputs, batchSize);

    protected override void Score(InputBatch batch, int first) =>
        scoring.Score(batch.Images[(first * scoring.Input.RowLength)..], batch.Count - first, _values);

    protected override RowOutputs ScoredRow(int row) => new(_values, row);

    protected override RowOutputs BadRow(Exception error, int row)
    {
        scoring.ScoreBadRow(error, _values, row);
        return ScoredRow(row);
    }
}

/// <summary>A row's values of a graph's outputs.</summary>
internal readonly record struct RowOutputs(OutputValues Values, int Row)
{
    public ReadOnlySpan<float> Of(int output) => Values.Of(output, Row).Span;
}
