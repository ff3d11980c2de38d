using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Torch;

internal static class TorchMemory
{
    /// <summary>Whether an error is what libtorch's allocators say on a GPU or a CPU that has no more memory.</summary>
    public static bool IsExhausted(Exception exception) => exception is ExternalException &&
        (exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) ||
            exception.Message.Contains("DefaultCPUAllocator", StringComparison.Ordinal));

    /// <summary>What a user should know of a batch that is taken in parts from now on.</summary>
    public static string Halved(long size) =>
        $"A batch does not fit into the device's memory: {size} images at a time go through the network from now on, and their gradients " +
        "are added. MicroBatchSize says so from the start.";

    /// <summary>What a user should know of a batch that does not fit in parts either.</summary>
    public static InsufficientMemoryException BatchDoesNotFit(string imageSizes, string remedy, Exception cause) => new(
        $"A batch of images of {imageSizes} does not fit into the device's memory, not even in parts. {remedy}", cause);

    /// <summary>What a user should know where a frozen network cannot compute the features of as many images at once.</summary>
    public static InsufficientMemoryException ImagesDoNotFit(int atOnce, string imageSizes, Exception cause) => new(
        $"The frozen network's features of {atOnce} images of {imageSizes} do not fit into the device's memory at " +
        "once. Choose a smaller MicroBatchSize (or BatchSize, where that is null), ImageSize or variant.", cause);
}
