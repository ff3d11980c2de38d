using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>How libtorch computes on GPUs, for the whole process, until this is disposed. On the CPU it changes nothing.</summary>
internal sealed unsafe class GpuModes : IDisposable
{
    private readonly (bool Products, bool Convolutions) _tf32Before;
    private readonly bool _isGpu;
    private readonly DeterministicMode? _deterministic;

    public GpuModes(torch.Device device, bool allowTf32, bool deterministic)
    {
        if (device.type != DeviceType.CUDA)
            return;
        _deterministic = deterministic ? new DeterministicMode() : null;
        _isGpu = true;
        _tf32Before = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32);
        (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (allowTf32, allowTf32);
    }

    public void Dispose()
    {
        if (!_isGpu)
            return;
        (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = _tf32Before;
        _deterministic?.Restore();
    }

    /// <summary>As torch.use_deterministic_algorithms and torch.backends.cudnn.deterministic of PyTorch, on from now on.</summary>
    private sealed class DeterministicMode
    {
        private readonly nint _context;
        private readonly delegate* unmanaged<nint, byte, byte, void> _setAlgorithms;
        private readonly delegate* unmanaged<nint, byte, void> _setCudnn;
        private readonly bool _before;

        public DeterministicMode()
        {
            // cuBLAS is deterministic only so; it looks when it is first used in the process.
            TorchRuntime.SetVariable("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
            var isOn = (delegate* unmanaged<nint, byte>)Find("_ZNK2at7Context23deterministicAlgorithmsEv");
            _setAlgorithms = (delegate* unmanaged<nint, byte, byte, void>)Find("_ZN2at7Context26setDeterministicAlgorithmsEbb");
            _setCudnn = (delegate* unmanaged<nint, byte, void>)Find("_ZN2at7Context21setDeterministicCuDNNEb");
            _context = ((delegate* unmanaged<nint>)Find("_ZN2at13globalContextEv"))();
            _before = isOn(_context) != 0;
            Set(true);
        }

        public void Restore() => Set(_before);

        private void Set(bool value)
        {
            _setAlgorithms(_context, value ? (byte)1 : (byte)0, 0);
            _setCudnn(_context, value ? (byte)1 : (byte)0);
        }

        private static nint Find(string name) => TorchNative.TryFind(name, out var function) ? function
            : throw new PlatformNotSupportedException(
                "Deterministic is true, but libtorch's deterministic mode cannot be reached in this build of libtorch. Set it to false.");
    }
}

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
