using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// What is needed of NCCL's C interface (nccl.h of 2.x), by which ranks compute together on GPUs. Written after its documentation;
/// untested on hardware.
/// </summary>
internal sealed unsafe class Nccl
{
    private const int Success = 0, InProgress = 7, Bytes = 1, Floats = 7, Addition = 0; // ncclUint8, ncclFloat32, ncclSum

    /// <summary>The stream that libtorch computes in, unless it is told another one: CUDA's default stream.</summary>
    private const nint Stream = 0;

    /// <summary>
    /// libtorch's build has NCCL in it, or depends on its library, which a look-up in libtorch's finds too. The system's comes last.
    /// </summary>
    private static readonly string[] _libraries = ["libtorch_cuda.so", "libnccl.so.2"];

    private readonly delegate* unmanaged<int*, int> _getVersion;
    private readonly delegate* unmanaged<UniqueId*, int> _getUniqueId;
    private readonly delegate* unmanaged<nint*, int, UniqueId, int, int> _initRank;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> _allReduce, _broadcast;
    private readonly delegate* unmanaged<nint, int*, int> _getAsyncError;
    private readonly delegate* unmanaged<nint, int> _destroy, _abort;
    private readonly delegate* unmanaged<int, byte*> _getErrorString;

    /// <param name="find">Gives a function's address by its name.</param>
    public Nccl(Func<string, nint> find)
    {
        _getVersion = (delegate* unmanaged<int*, int>)find("ncclGetVersion");
        _getUniqueId = (delegate* unmanaged<UniqueId*, int>)find("ncclGetUniqueId");
        _initRank = (delegate* unmanaged<nint*, int, UniqueId, int, int>)find("ncclCommInitRank");
        _allReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)find("ncclAllReduce");
        _broadcast = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)find("ncclBroadcast");
        _getAsyncError = (delegate* unmanaged<nint, int*, int>)find("ncclCommGetAsyncError");
        _destroy = (delegate* unmanaged<nint, int>)find("ncclCommDestroy");
        _abort = (delegate* unmanaged<nint, int>)find("ncclCommAbort");
        _getErrorString = (delegate* unmanaged<int, byte*>)find("ncclGetErrorString");
    }

    /// <summary>Such as 22705 for 2.27.5.</summary>
    public int Version
    {
        get
        {
            int version;
            Check(_getVersion(&version), "its set-up");
            return version;
        }
    }

    /// <summary>Finds NCCL, or null where this build of libtorch has none, as on Windows, and the system neither.</summary>
    public static Nccl? TryLoad()
    {
        foreach (var name in _libraries)
            if (NativeLibrary.TryLoad(name, typeof(torch).Assembly, null, out var library) &&
                NativeLibrary.TryGetExport(library, "ncclCommInitRank", out _))
                return new Nccl(function => NativeLibrary.GetExport(library, function));
        return null;
    }

    /// <summary>By what the ranks of a communicator find each other; one of them makes it for all.</summary>
    public UniqueId NewId()
    {
        UniqueId id;
        Check(_getUniqueId(&id), "its set-up");
        return id;
    }

    /// <summary>A communicator for the GPU that is current; waits for all ranks, without a limit of its own.</summary>
    public nint Start(UniqueId id, int rank, int size)
    {
        nint communicator;
        Check(_initRank(&communicator, size, id, rank), "its set-up");
        return communicator;
    }

    /// <summary>Begins to replace 32-bit floats by their sum; the GPU's stream has it.</summary>
    public void Sum(nint address, long count, nint communicator, string what) =>
        Check(_allReduce(address, address, (nuint)count, Floats, Addition, communicator, Stream), what);

    /// <summary>Begins to replace bytes by those of rank 0.</summary>
    public void Broadcast(nint address, long count, nint communicator, string what) =>
        Check(_broadcast(address, address, (nuint)count, Bytes, 0, communicator, Stream), what);

    /// <exception cref="InvalidOperationException">What has begun failed, maybe by another rank or the network.</exception>
    public void ThrowIfFailed(nint communicator, string what)
    {
        int error;
        Check(_getAsyncError(communicator, &error), what);
        Check(error, what);
    }

    /// <summary>Gives a communicator back, of which all ranks are done.</summary>
    public void Destroy(nint communicator) => _ = _destroy(communicator);

    /// <summary>Gives a communicator back, and ends what has begun on this rank.</summary>
    public void Abort(nint communicator) => _ = _abort(communicator);

    private void Check(int code, string what)
    {
        if (code is not (Success or InProgress))
            throw new InvalidOperationException(
                $"NCCL failed at {what}: {Marshal.PtrToStringUTF8((nint)_getErrorString(code))}. With NCCL_DEBUG=INFO in the environment " +
                "it says more.");
    }

    /// <summary>ncclUniqueId.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct UniqueId
    {
        public fixed byte Content[128];
    }
}
