using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Torch;

internal static class TorchDevice
{
    /// <param name="device">What the options say.</param>
    /// <param name="preference">What the MLContext says.</param>
    /// <param name="localRank">This process among those that train together on its machine, each of which has its own GPU.</param>
    public static Device Resolve(TrainingDevice device, GpuPreference preference, int localRank = 0)
    {
        TorchRuntime.EnsureLoaded();
        return Choose(device, preference, localRank, cuda.is_available() ? cuda.device_count() : 0) is { } gpu
            ? torch.device(DeviceType.CUDA, gpu)
            : CPU;
    }

    public static string Announce(TrainingDevice asked, GpuPreference preference, Device resolved)
    {
        var seen = resolved.type == DeviceType.CUDA ? "libtorch sees it" : "libtorch sees no usable GPU";
        var reason = asked != TrainingDevice.Auto ? ""
            : preference.DeviceId is { } gpu ? $" (auto: MLContext.GpuDeviceId is {gpu}, {seen})"
            : $" (auto: {seen})";
        return $"Training on {resolved}{reason}.";
    }

    public static string Name(Device device) => device.type == DeviceType.CUDA ? "cuda" : "cpu";

    /// <summary>The GPU to train on, from 0, or null for the CPU.</summary>
    internal static int? Choose(TrainingDevice device, GpuPreference preference, int localRank, int gpuCount)
    {
        if (device == TrainingDevice.Cpu)
            return null;
        // A launcher may show each process only the GPU that it is to take.
        var gpu = preference.DeviceId ?? localRank % Math.Max(1, gpuCount);
        if (gpu >= 0 && gpu < gpuCount)
            return gpu;
        var insisting = device == TrainingDevice.Cuda ? "Device is Cuda"
            : preference is { DeviceId: not null, FallbackToCpu: false } ? "MLContext.GpuDeviceId is set and FallbackToCpu is false"
            : null;
        return insisting is null ? null : throw new InvalidOperationException(
            $"{insisting}, but libtorch sees no usable CUDA GPU {gpu}. Check the NVIDIA driver, and that the app references a CUDA build " +
            "of libtorch (TorchSharp-cuda-linux or TorchSharp-cuda-windows); or set Device to Cpu.");
    }
}
