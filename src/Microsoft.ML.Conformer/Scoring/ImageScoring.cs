namespace Microsoft.ML.Conformer.Scoring;

/// <summary>How a model's rows are scored: what data views, mappers and rows share.</summary>
/// <param name="Input">Makes images into the graph's input.</param>
/// <param name="Scorer">Runs the graph.</param>
/// <param name="Options">Batch size and what becomes of bad rows.</param>
internal sealed record ImageScoring(NetworkInput Input, OnnxScorer Scorer, ScoringOptions Options)
{
    /// <summary>A row's scores where it has no usable image.</summary>
    /// <param name="error">The row's error, which it throws under <see cref="BadRowPolicy.Throw"/>.</param>
    /// <param name="scores">[C]: receives NaN under <see cref="BadRowPolicy.NaN"/>.</param>
    public void ScoreBadRow(Exception error, Span<float> scores)
    {
        if (Options.BadRowPolicy == BadRowPolicy.Throw)
            throw error;
        scores.Fill(float.NaN);
    }
}
