using TorchSharp;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>
/// libtorch's own autocast, on this thread until it is disposed, by libtorch's C++ functions: TorchSharp has nothing for it. Their names
/// are those that GCC and Clang give; elsewhere there is no autocast.
/// </summary>
internal readonly unsafe ref struct Autocast
{
    private const sbyte BFloat16 = 15; // c10::ScalarType::BFloat16

    private static readonly Lazy<Functions?> _functions = new(Functions.Find);

    private readonly Functions? _entered;
    private readonly sbyte _device; // c10::DeviceType, of which TorchSharp's is a copy

    private Autocast(Functions functions, DeviceType device)
    {
        (_entered, _device) = (functions, (sbyte)device);
        functions.SetDtype(_device, BFloat16);
        functions.SetEnabled(_device, true);
        functions.IncrementNesting();
    }

    public static bool IsAvailable => _functions.Value is not null;

    /// <summary>
    /// Layers on a kind of device compute with these numbers from now on, where that is exact enough by libtorch's lists.
    /// </summary>
    public static Autocast To(TrainingPrecision precision, DeviceType device) => precision != TrainingPrecision.BFloat16 ? default : new(
        _functions.Value ?? throw new PlatformNotSupportedException(
            "libtorch's autocast cannot be reached in this build of libtorch. Set Precision to Float32."), device);

    public void Dispose()
    {
        if (_entered is null)
            return;
        if (_entered.DecrementNesting() == 0)
            _entered.ClearCache(); // weights in bfloat16, which the next step changes
        _entered.SetEnabled(_device, false);
    }

    private sealed record Functions(nint Enabled, nint Dtype, nint Increment, nint Decrement, nint Clear)
    {
        public static Functions? Find() =>
            TorchNative.TryFind("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb", out var enabled) &&
            TorchNative.TryFind("_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", out var dtype) &&
            TorchNative.TryFind("_ZN2at8autocast17increment_nestingEv", out var increment) &&
            TorchNative.TryFind("_ZN2at8autocast17decrement_nestingEv", out var decrement) &&
            TorchNative.TryFind("_ZN2at8autocast11clear_cacheEv", out var clear)
                ? new Functions(enabled, dtype, increment, decrement, clear)
                : null;

        public void SetEnabled(sbyte device, bool enabled) =>
            ((delegate* unmanaged<sbyte, byte, void>)Enabled)(device, enabled ? (byte)1 : (byte)0);

        public void SetDtype(sbyte device, sbyte dtype) => ((delegate* unmanaged<sbyte, sbyte, void>)Dtype)(device, dtype);

        public int IncrementNesting() => ((delegate* unmanaged<int>)Increment)();

        public int DecrementNesting() => ((delegate* unmanaged<int>)Decrement)();

        public void ClearCache() => ((delegate* unmanaged<void>)Clear)();
    }
}
