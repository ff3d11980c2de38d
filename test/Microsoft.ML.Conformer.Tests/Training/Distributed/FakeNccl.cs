using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;

namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

/// <summary>
/// Functions with the names and arguments of NCCL's and the driver's, in main memory. A sum takes all ranks to have the same values; a
/// rank's communicator is its number and 1.
/// </summary>
internal static unsafe class FakeNccl
{
    private static readonly Dictionary<string, nint> _functions = new()
    {
        ["ncclGetVersion"] = (nint)(delegate* unmanaged<int*, int>)&GetVersion,
        ["ncclGetUniqueId"] = (nint)(delegate* unmanaged<byte*, int>)&GetUniqueId,
        ["ncclCommInitRank"] = (nint)(delegate* unmanaged<nint*, int, Nccl.UniqueId, int, int>)&InitRank,
        ["ncclAllReduce"] = (nint)(delegate* unmanaged<float*, float*, nuint, int, int, nint, nint, int>)&AllReduce,
        ["ncclBroadcast"] = (nint)(delegate* unmanaged<byte*, byte*, nuint, int, int, nint, nint, int>)&Broadcast,
        ["ncclCommGetAsyncError"] = (nint)(delegate* unmanaged<nint, int*, int>)&GetAsyncError,
        ["ncclCommDestroy"] = (nint)(delegate* unmanaged<nint, int>)&Destroy,
        ["ncclCommAbort"] = (nint)(delegate* unmanaged<nint, int>)&Abort,
        ["ncclGetErrorString"] = (nint)(delegate* unmanaged<int, nint>)&GetErrorString,
        ["cuDeviceGet"] = (nint)(delegate* unmanaged<int*, int, int>)&DeviceGet,
        ["cuDevicePrimaryCtxRetain"] = (nint)(delegate* unmanaged<nint*, int, int>)&Retain,
        ["cuDevicePrimaryCtxRelease_v2"] = (nint)(delegate* unmanaged<int, int>)&Release,
        ["cuCtxSetCurrent"] = (nint)(delegate* unmanaged<nint, int>)&SetCurrent,
        ["cuStreamQuery"] = (nint)(delegate* unmanaged<nint, int>)&StreamQuery,
        ["cuGetErrorString"] = (nint)(delegate* unmanaged<int, nint*, int>)&GetDriverErrorString,
    };

    private static readonly nint _text = Marshal.StringToCoTaskMemUTF8("the text of the error");
    private static int _size;

    /// <summary>What was called, with what matters of the arguments.</summary>
    public static ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>How often the stream still says that it is not done.</summary>
    public static int Pending { get; set; }

    public static int AsyncError { get; set; }

    public static int StreamError { get; set; }

    /// <summary>While it is not set, a sum waits for it.</summary>
    public static ManualResetEventSlim Others { get; } = new(initialState: true);

    public static void Reset()
    {
        Calls.Clear();
        (Pending, AsyncError, StreamError) = (0, 0, 0);
        Others.Set();
    }

    public static nint Find(string name) => _functions[name];

    [UnmanagedCallersOnly]
    private static int GetVersion(int* version)
    {
        *version = 22705;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int GetUniqueId(byte* id)
    {
        for (var i = 0; i < 128; i++)
            id[i] = (byte)(200 - i);
        Calls.Enqueue("id");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int InitRank(nint* communicator, int size, Nccl.UniqueId id, int rank)
    {
        *communicator = rank + 1;
        _size = size;
        Calls.Enqueue($"init {rank} of {size} by {Convert.ToHexString(new ReadOnlySpan<byte>(id.Content, 128))}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int AllReduce(
        float* send, float* receive, nuint count, int type, int operation, nint communicator, nint stream)
    {
        Calls.Enqueue($"sum {count} of type {type} by {operation} in {communicator}, {stream}");
        Others.Wait(Patience.Limit);
        for (nuint i = 0; i < count; i++)
            receive[i] = _size * send[i];
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Broadcast(byte* send, byte* receive, nuint count, int type, int root, nint communicator, nint stream)
    {
        Calls.Enqueue($"send {count} of type {type} from {root} in {communicator}, {stream}");
        return send == receive ? 0 : 4;
    }

    [UnmanagedCallersOnly]
    private static int GetAsyncError(nint communicator, int* error)
    {
        *error = AsyncError;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Destroy(nint communicator)
    {
        Calls.Enqueue($"destroy {communicator}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Abort(nint communicator)
    {
        Calls.Enqueue($"abort {communicator}");
        Others.Set();
        return 0;
    }

    [UnmanagedCallersOnly]
    private static nint GetErrorString(int code) => _text;

    [UnmanagedCallersOnly]
    private static int DeviceGet(int* device, int gpu)
    {
        *device = gpu;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Retain(nint* context, int device)
    {
        *context = 70 + device;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Release(int device)
    {
        Calls.Enqueue($"release {device}");
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int SetCurrent(nint context) => context is >= 70 and < 80 ? 0 : 201;

    [UnmanagedCallersOnly]
    private static int StreamQuery(nint stream) => StreamError != 0 ? StreamError : stream == 0 && Pending-- <= 0 ? 0 : 600;

    [UnmanagedCallersOnly]
    private static int GetDriverErrorString(int code, nint* text)
    {
        *text = _text;
        return 0;
    }
}
