using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>How a model's rows are scored: what data views, mappers and rows share. Thread-safe.</summary>
/// <typeparam name="TRow">What is known of a row, of which columns are made.</typeparam>
internal interface IRowScoring<TRow>
{
    void ThrowIfDisposed();

    /// <summary>Scores a data view's rows, in batches.</summary>
    IScoredRows<TRow> Open(IDataView input, DataViewSchema.Column image);

    /// <summary>Scores the row's image, each time that the result is called; where it cannot be used, says so or throws.</summary>
    Func<TRow> ForRow(DataViewRow row, DataViewSchema.Column image);
}

/// <summary>A data view's rows as they are scored.</summary>
internal interface IScoredRows<TRow> : IDisposable
{
    /// <summary>What is known of a row, valid until another row, which must be a later one, is asked for.</summary>
    TRow At(long position, DataViewRowId id);
}
