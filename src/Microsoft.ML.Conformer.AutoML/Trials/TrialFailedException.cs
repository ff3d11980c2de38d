namespace Microsoft.ML.Conformer.AutoML;

/// <summary>
/// A trial failed, for the reason that the inner exception gives. It is a cancellation of that trial, because AutoML ends an experiment
/// with the first trial that fails otherwise before another one has succeeded.
/// </summary>
public sealed class TrialFailedException : OperationCanceledException
{
    /// <param name="message">Which trial failed, and why.</param>
    /// <param name="innerException">What it threw; null for a trial of an earlier run.</param>
    public TrialFailedException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <summary>What a journal has of the trial, if it failed now.</summary>
    internal TrialRecord? Record { get; init; }
}
