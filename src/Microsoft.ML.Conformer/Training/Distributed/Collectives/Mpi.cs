using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// What is needed of Open MPI's C interface (mpi.h of 4.1; 5.0 has the same library name). Handles are addresses of the library's own
/// variables; MPICH and MS-MPI have numbers instead, and other library names.
/// </summary>
internal static unsafe partial class Mpi
{
    public const int Success = 0, AnySource = -1, ThreadSerialized = 2, SplitByMachine = 0;

    public const string Install =
        "Install Open MPI on each machine (Debian and Ubuntu: apt-get install openmpi-bin), and start by its mpirun.";

    public static readonly void* InPlace = (void*)1;

    private const string Library = "libmpi.so.40";

    private static readonly Lazy<nint> _library = new(Load);

    public static nint World => Variable("ompi_mpi_comm_world");

    public static nint NoInfo => Variable("ompi_mpi_info_null");

    public static nint ReturnErrors => Variable("ompi_mpi_errors_return");

    public static nint Bytes => Variable("ompi_mpi_byte");

    public static nint Floats => Variable("ompi_mpi_float");

    public static nint Addition => Variable("ompi_mpi_op_sum");

    /// <exception cref="InvalidOperationException">The code is that of an error; the message is Open MPI's.</exception>
    public static void Check(int code, string what)
    {
        if (code == Success)
            return;
        var text = stackalloc byte[256]; // MPI_MAX_ERROR_STRING
        var length = 0;
        _ = ErrorString(code, text, &length);
        throw new InvalidOperationException($"MPI failed at {what}: {Marshal.PtrToStringUTF8((nint)text, length)}");
    }

    [LibraryImport(Library, EntryPoint = "MPI_Init_thread")]
    public static partial int Init(int* argc, byte*** argv, int required, int* provided);

    [LibraryImport(Library, EntryPoint = "MPI_Initialized")]
    public static partial int IsInitialized(int* flag);

    [LibraryImport(Library, EntryPoint = "MPI_Finalize")]
    public static partial int Finalize();

    [LibraryImport(Library, EntryPoint = "MPI_Comm_dup")]
    public static partial int Duplicate(nint communicator, nint* copy);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_split_type")]
    public static partial int Split(nint communicator, int type, int key, nint info, nint* part);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_set_errhandler")]
    public static partial int SetErrorHandler(nint communicator, nint handler);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_rank")]
    public static partial int Rank(nint communicator, int* rank);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_size")]
    public static partial int Size(nint communicator, int* size);

    [LibraryImport(Library, EntryPoint = "MPI_Iallreduce")]
    public static partial int AllReduce(
        void* send, void* receive, int count, nint type, nint operation, nint communicator, nint* request);

    [LibraryImport(Library, EntryPoint = "MPI_Ibcast")]
    public static partial int Broadcast(void* buffer, int count, nint type, int root, nint communicator, nint* request);

    [LibraryImport(Library, EntryPoint = "MPI_Iallgatherv")]
    public static partial int AllGather(
        void* send, int sendCount, nint sendType, void* receive, int* counts, int* offsets, nint receiveType, nint communicator,
        nint* request);

    [LibraryImport(Library, EntryPoint = "MPI_Isend")]
    public static partial int Send(void* buffer, int count, nint type, int rank, int tag, nint communicator, nint* request);

    [LibraryImport(Library, EntryPoint = "MPI_Recv")]
    public static partial int Receive(void* buffer, int count, nint type, int rank, int tag, nint communicator, Status* status);

    [LibraryImport(Library, EntryPoint = "MPI_Iprobe")]
    public static partial int Probe(int rank, int tag, nint communicator, int* flag, Status* status);

    [LibraryImport(Library, EntryPoint = "MPI_Test")]
    public static partial int Test(nint* request, int* flag, Status* status);

    [LibraryImport(Library, EntryPoint = "MPI_Error_string")]
    private static partial int ErrorString(int code, byte* text, int* length);

    private static nint Variable(string name) => NativeLibrary.TryGetExport(_library.Value, name, out var address) ? address
        : throw new DllNotFoundException($"'{Library}' is not Open MPI's: it lacks {name}. {Install}");

    private static nint Load()
    {
        try
        {
            return NativeLibrary.Load(Library);
        }
        catch (DllNotFoundException exception)
        {
            throw new DllNotFoundException(
                $"mpirun started this process to train together with others, but Open MPI's library '{Library}' cannot be loaded. " +
                $"{Install} Or set Distributed to Off.", exception);
        }
    }

    /// <summary>MPI_Status.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Status
    {
        public int Source, Tag, Error, Canceled;
        public nint Count;
    }
}
