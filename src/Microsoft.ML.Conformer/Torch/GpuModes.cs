using TorchSharp;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>How libtorch computes on GPUs, for the whole process, until this is disposed. On the CPU it changes nothing.</summary>
internal sealed unsafe class GpuModes : IDisposable
{
    private readonly (bool Products, bool Convolutions) _before;
    private readonly bool _isOn, _deterministic;

    public GpuModes(torch.Device device, bool allowTf32, bool deterministic)
    {
        if (device.type != DeviceType.CUDA)
            return;
        _before = (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32);
        (_isOn, _deterministic) = (true, deterministic);
        (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (allowTf32, allowTf32);
        if (deterministic)
            SetDeterministic(true);
    }

    public void Dispose()
    {
        if (!_isOn)
            return;
        (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = _before;
        if (_deterministic)
            SetDeterministic(false);
    }

    /// <summary>As torch.use_deterministic_algorithms and torch.backends.cudnn.deterministic of PyTorch.</summary>
    private static void SetDeterministic(bool value)
    {
        if (!TorchNative.TryFind("_ZN2at13globalContextEv", out var globalContext) ||
            !TorchNative.TryFind("_ZN2at7Context26setDeterministicAlgorithmsEbb", out var setAlgorithms) ||
            !TorchNative.TryFind("_ZN2at7Context21setDeterministicCuDNNEb", out var setCudnn))
            throw new PlatformNotSupportedException(
                "Deterministic is true, but libtorch's deterministic mode cannot be reached in this build of libtorch. Set it to false.");
        var context = ((delegate* unmanaged<nint>)globalContext)();
        ((delegate* unmanaged<nint, byte, byte, void>)setAlgorithms)(context, value ? (byte)1 : (byte)0, 0);
        ((delegate* unmanaged<nint, byte, void>)setCudnn)(context, value ? (byte)1 : (byte)0);
    }
}
