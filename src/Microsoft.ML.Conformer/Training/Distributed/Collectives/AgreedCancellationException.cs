namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>A cancellation that all ranks come to at the same place, so that what follows can be done together.</summary>
internal sealed class AgreedCancellationException(CancellationToken cancellation) : OperationCanceledException(cancellation);
