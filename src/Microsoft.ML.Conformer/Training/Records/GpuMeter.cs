using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>
/// How busy an NVIDIA GPU is, all of its processes together, by NVML (nvml.h), which the driver brings. Written after the API's
/// documentation; untested on hardware.
/// </summary>
internal sealed unsafe class GpuMeter : IDisposable
{
    private const int Success = 0; // of NVML and of the CUDA driver
    private const int LongestBusId = 32; // NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE

    private readonly nint _library, _device;

    private GpuMeter(nint library, nint device) => (_library, _device) = (library, device);

    /// <summary>Finds a GPU, or null where there is no NVML or it does not know it.</summary>
    /// <param name="gpu">As CUDA counts it, which is not as NVML does: only the place on the bus says which is which.</param>
    public static GpuMeter? Open(int gpu)
    {
        var busId = stackalloc byte[LongestBusId];
        nint device;
        if (!TryGetBusId(gpu, busId) ||
            !NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1", out var library) ||
            !NativeLibrary.TryGetExport(library, "nvmlInit_v2", out var init) ||
            ((delegate* unmanaged<int>)init)() != Success)
            return null;
        if (NativeLibrary.TryGetExport(library, "nvmlDeviceGetHandleByPciBusId_v2", out var getDevice) &&
            ((delegate* unmanaged<byte*, nint*, int>)getDevice)(busId, &device) == Success)
            return new GpuMeter(library, device);
        Shutdown(library);
        return null;
    }

    /// <summary>Memory in use in bytes, or null where the GPU does not tell.</summary>
    public ulong? UsedBytes()
    {
        Memory memory;
        return NativeLibrary.TryGetExport(_library, "nvmlDeviceGetMemoryInfo", out var get) &&
            ((delegate* unmanaged<nint, Memory*, int>)get)(_device, &memory) == Success ? memory.Used : null;
    }

    /// <summary>Percent of the last moments (up to a second) in which it computed, or null where the GPU does not tell.</summary>
    public uint? UtilizationPercent()
    {
        Utilization utilization;
        return NativeLibrary.TryGetExport(_library, "nvmlDeviceGetUtilizationRates", out var get) &&
            ((delegate* unmanaged<nint, Utilization*, int>)get)(_device, &utilization) == Success ? utilization.Gpu : null;
    }

    public void Dispose() => Shutdown(_library);

    private static bool TryGetBusId(int gpu, byte* busId)
    {
        int device;
        return CudaDriver.TryFind("cuDeviceGet", out var getDevice) &&
            ((delegate* unmanaged<int*, int, int>)getDevice)(&device, Math.Max(0, gpu)) == Success &&
            CudaDriver.TryFind("cuDeviceGetPCIBusId", out var getBusId) &&
            ((delegate* unmanaged<byte*, int, int, int>)getBusId)(busId, LongestBusId, device) == Success;
    }

    /// <summary>NVML counts how often it was started.</summary>
    private static void Shutdown(nint library)
    {
        if (NativeLibrary.TryGetExport(library, "nvmlShutdown", out var shutdown))
            _ = ((delegate* unmanaged<int>)shutdown)();
    }

    /// <summary>nvmlMemory_t.</summary>
    private struct Memory
    {
        public ulong Total, Free, Used;
    }

    /// <summary>nvmlUtilization_t.</summary>
    private struct Utilization
    {
        public uint Gpu, Memory;
    }
}
