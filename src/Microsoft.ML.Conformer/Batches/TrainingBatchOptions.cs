namespace Microsoft.ML.Conformer.Batches;

/// <summary>How training images are batched and augmented.</summary>
internal sealed record TrainingBatchOptions
{
    /// <summary>Images in a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Order and augmentations follow from it, the epoch and the image alone.</summary>
    public required int Seed { get; init; }

    /// <summary>What is done to each image.</summary>
    public required IImageAugmentation Augmentation { get; init; }

    /// <summary>Threads that crop and resize. Default half of the processors: the network needs the others.</summary>
    public int Workers { get; init; } = WorkersBeside(Environment.ProcessorCount);

    /// <summary>Half as many threads as train the network, at least one and no more than processors.</summary>
    public static int WorkersBeside(int trainingThreads) => Math.Clamp(trainingThreads / 2, 1, Environment.ProcessorCount);
}
