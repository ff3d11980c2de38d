using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>Resolves the device that a user asked for.</summary>
internal static class TorchDevice
{
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    /// <exception cref="InvalidOperationException">A GPU was asked for and there is no usable one.</exception>
    public static Device Resolve(TrainingDevice device)
    {
        TorchRuntime.EnsureLoaded();
        if (device == TrainingDevice.Cpu)
            return CPU;
        var usable = cuda.is_available();
        if (device == TrainingDevice.Cuda && !usable)
            throw new InvalidOperationException(
                "Device is Cuda, but libtorch sees no usable CUDA GPU. Check the NVIDIA driver, and that the app references a CUDA build " +
                "of libtorch (TorchSharp-cuda-linux or TorchSharp-cuda-windows); or set Device to Auto or Cpu.");
        return usable ? CUDA : CPU;
    }

    /// <summary>A sentence for the log.</summary>
    /// <inheritdoc cref="Resolve" path="/exception"/>
    public static string Announce(TrainingDevice device)
    {
        var resolved = Name(Resolve(device));
        var reason = device != TrainingDevice.Auto ? ""
            : resolved == "cuda" ? " (auto: libtorch sees a GPU)"
            : " (auto: libtorch sees no usable GPU)";
        return $"Training on {resolved}{reason}.";
    }

    /// <summary>A name for the log: "cpu" or "cuda".</summary>
    public static string Name(Device device) => device.type == DeviceType.CUDA ? "cuda" : "cpu";
}
