using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Torch;

internal static class TorchMemory
{
    /// <summary>Whether an error is what libtorch's allocators say on a GPU or a CPU that has no more memory.</summary>
    public static bool IsExhausted(Exception exception) => exception is ExternalException &&
        (exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) ||
            exception.Message.Contains("DefaultCPUAllocator", StringComparison.Ordinal));
}
