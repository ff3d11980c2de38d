using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// The context that libtorch computes in on a GPU, by NVIDIA's driver: CUDA's runtime is in libtorch's files under names that nobody
/// else can rely on, and a context of the driver is that of all runtimes in the process. Written after the API's documentation; untested
/// on hardware.
/// </summary>
internal sealed unsafe class CudaContext : IDisposable
{
    private const int Success = 0, NotReady = 600;

    private readonly int _device;
    private readonly nint _context;
    private readonly delegate* unmanaged<int, int> _release;
    private readonly delegate* unmanaged<nint, int> _setCurrent, _queryStream;
    private readonly delegate* unmanaged<int, byte**, int> _getErrorString;

    /// <param name="gpu">As CUDA and libtorch count.</param>
    /// <param name="find">Gives a function's address by its name.</param>
    public CudaContext(int gpu, Func<string, nint> find)
    {
        _release = (delegate* unmanaged<int, int>)find("cuDevicePrimaryCtxRelease_v2");
        _setCurrent = (delegate* unmanaged<nint, int>)find("cuCtxSetCurrent");
        _queryStream = (delegate* unmanaged<nint, int>)find("cuStreamQuery");
        _getErrorString = (delegate* unmanaged<int, byte**, int>)find("cuGetErrorString");
        int device;
        Check(((delegate* unmanaged<int*, int, int>)find("cuDeviceGet"))(&device, gpu), "its set-up");
        nint context;
        Check(((delegate* unmanaged<nint*, int, int>)find("cuDevicePrimaryCtxRetain"))(&context, device), "its set-up");
        (_device, _context) = (device, context);
    }

    /// <summary>A function of the driver.</summary>
    /// <exception cref="EntryPointNotFoundException">The driver lacks it.</exception>
    public static nint Find(string name) => CudaDriver.TryFind(name, out var function) ? function
        : throw new EntryPointNotFoundException($"NVIDIA's driver has no function {name}. Install a newer one.");

    /// <summary>For this thread, as cudaSetDevice: what does not name a GPU takes it.</summary>
    public void MakeCurrent() => Check(_setCurrent(_context), "its set-up");

    /// <summary>Whether all is done that CUDA's default stream was given; the context is current.</summary>
    /// <exception cref="InvalidOperationException">Something that it was given failed.</exception>
    public bool IsIdle(string what)
    {
        var code = _queryStream(0);
        if (code == NotReady)
            return false;
        Check(code, what);
        return true;
    }

    public void Dispose() => _ = _release(_device);

    private void Check(int code, string what)
    {
        if (code == Success)
            return;
        byte* text;
        var reason = _getErrorString(code, &text) == Success ? Marshal.PtrToStringUTF8((nint)text) : $"error {code}";
        throw new InvalidOperationException($"The GPU failed at {what}: {reason}.");
    }
}
