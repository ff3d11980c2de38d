using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>Functions of NVIDIA's driver, which counts GPUs as libtorch does.</summary>
internal static class CudaDriver
{
    public static bool TryFind(string name, out nint function)
    {
        function = 0;
        return NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver) &&
            NativeLibrary.TryGetExport(driver, name, out function);
    }
}
