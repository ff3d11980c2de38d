using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Torch;

internal static class TorchMemory
{
    /// <summary>Whether an error is what libtorch's allocators say on a GPU or a CPU that has no more memory.</summary>
    public static bool IsExhausted(Exception exception) => exception is ExternalException &&
        (exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) ||
            exception.Message.Contains("DefaultCPUAllocator", StringComparison.Ordinal));

    /// <summary>What a user should know of it.</summary>
    public static InsufficientMemoryException BatchDoesNotFit(int imageSize, Exception cause) => new(
        $"A batch of images of {imageSize} x {imageSize} pixels does not fit into the device's memory. " +
        "Choose a smaller BatchSize, ImageSize or variant.", cause);
}
