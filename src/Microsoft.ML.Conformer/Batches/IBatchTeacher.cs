namespace Microsoft.ML.Conformer.Batches;

/// <summary>Gives batches the class probabilities that a network learns from beside the labels.</summary>
internal interface IBatchTeacher
{
    /// <summary>C.</summary>
    int ClassCount { get; }

    /// <summary>Fills the teacher's scores of a batch whose images are complete; called on the thread that makes the batches.</summary>
    void Score(ImageBatch batch, CancellationToken cancellation);
}
