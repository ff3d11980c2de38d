using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>C++ functions of libtorch that TorchSharp has no wrapper for, by the names that GCC and Clang give them.</summary>
internal static class TorchNative
{
    private static readonly Lazy<nint> _library = new(() =>
    {
        TorchRuntime.EnsureLoaded();
        var name = OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";
        return NativeLibrary.TryLoad(name, typeof(torch).Assembly, null, out var library) ? library : 0;
    });

    private static readonly Lazy<nint> _data = new(() =>
    {
        TorchRuntime.EnsureLoaded();
        return NativeLibrary.GetExport(NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null), "THSTensor_data");
    });

    /// <summary>Finds a function; it has none on Windows, where names are made otherwise, and maybe none in another version.</summary>
    public static bool TryFind(string name, out nint function)
    {
        function = 0;
        return _library.Value != 0 && NativeLibrary.TryGetExport(_library.Value, name, out function);
    }

    /// <summary>Where a tensor's values are, in the memory of its device. TorchSharp tells it of main memory only.</summary>
    public static unsafe nint AddressOf(torch.Tensor tensor) => ((delegate* unmanaged<nint, nint>)_data.Value)(tensor.Handle);
}
