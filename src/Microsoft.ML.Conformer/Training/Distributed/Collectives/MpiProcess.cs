using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// This process's part in MPI, from its first distributed run to its end: MPI can be started once in a process. Its members may be called
/// by any thread; <see cref="Calls"/> keeps all but one out of the library.
/// </summary>
internal sealed unsafe class MpiProcess
{
    private const int NoticeTag = 1;

    private static readonly TimeSpan _flushLimit = TimeSpan.FromSeconds(3);

    private static readonly Lock _starting = new();

    /// <summary>The start, which may still wait for other ranks; also one that failed, as there is no second one.</summary>
    private static Task<MpiProcess>? _start;

    private readonly nint _notices;
    private readonly List<(nint[] Request, byte[] Bytes)> _sent = [];
    private readonly ConcurrentDictionary<int, int> _endedAfter = new();
    private readonly List<object> _kept = [];
    private bool _isRunning;

    private MpiProcess(LaunchedRank launched)
    {
        Launched = launched;
        World = Duplicate();
        _notices = Duplicate();
        nint machine;
        Mpi.Check(Mpi.Split(World, Mpi.SplitByMachine, launched.Rank, Mpi.NoInfo, &machine), "the ranks of a machine");
        Machine = machine;
        Mpi.Check(Mpi.SetErrorHandler(machine, Mpi.ReturnErrors), "its set-up");
    }

    /// <summary>This process's, once it has begun a distributed run; null before.</summary>
    public static MpiProcess? Current => _start is { IsCompletedSuccessfully: true } start ? start.Result : null;

    /// <summary>Held around every call of the library.</summary>
    public Lock Calls { get; } = new();

    public LaunchedRank Launched { get; }

    /// <summary>The processors that are for this process, where that is known.</summary>
    public int? Processors { get; set; }

    /// <summary>The communicator of all ranks.</summary>
    public nint World { get; }

    /// <summary>That of the ranks on this machine.</summary>
    public nint Machine { get; }

    /// <summary>The number of this process's distributed runs so far, the same on all ranks.</summary>
    public int Runs { get; private set; }

    /// <summary>Begins a distributed run; MPI starts with the first one, which waits for all ranks.</summary>
    /// <exception cref="DllNotFoundException">Open MPI is not there.</exception>
    /// <exception cref="TimeoutException">Not all ranks came.</exception>
    /// <exception cref="InvalidOperationException">An earlier run failed, or is not done.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled while not all ranks had come.</exception>
    public static MpiProcess Begin(LaunchedRank launched, TimeSpan timeout, CancellationToken cancellation)
    {
        lock (_starting)
        {
            _ = Mpi.World; // finds out whether the library is there
            _start ??= Task.Run(() => Start(launched));
            if (Task.WaitAny([_start], (int)timeout.TotalMilliseconds, cancellation) < 0)
                throw new TimeoutException(
                    FormattableString.Invariant($"Rank {launched.Rank} of {launched.Size} waited {timeout.TotalSeconds:0} seconds for ") +
                    "the others to start. Each rank must run the same program; see what became of the others.");
            var process = _start.GetAwaiter().GetResult();
            if (process._isRunning)
            {
                const string reason = "A distributed run is not done, or was canceled, or failed. Ranks train one network at a time, and " +
                    "after a failure no more: start all ranks anew.";
                process.Send(new RankNotice(RankNoticeKind.Failed, process.Runs + 1, launched.Rank, reason));
                throw new InvalidOperationException(reason);
            }
            process._isRunning = true;
            process.Runs++;
            return process;
        }
    }

    /// <summary>Says that the run is done on this rank, and that MPI can be used for another one.</summary>
    public void End() => _isRunning = false;

    /// <summary>Sends a notice to a rank, or to all others.</summary>
    public void Send(RankNotice notice, int? to = null)
    {
        for (var rank = 0; rank < Launched.Size; rank++)
            if (rank == to || (to is null && rank != Launched.Rank))
                Send(rank, notice.ToBytes());
    }

    /// <summary>Waits a few seconds at most until all notices are on their way.</summary>
    public void Flush()
    {
        var clock = Stopwatch.StartNew();
        while (!HaveLeft() && clock.Elapsed < _flushLimit)
            Thread.Sleep(1);
    }

    public bool TryReceive(out int rank, out RankNotice notice)
    {
        lock (Calls)
        {
            int isThere;
            Mpi.Status status;
            Mpi.Check(Mpi.Probe(Mpi.AnySource, NoticeTag, _notices, &isThere, &status), "a notice");
            (rank, notice) = (status.Source, default);
            if (isThere == 0)
                return false;
            var bytes = Pinned<byte>((int)status.Count);
            Mpi.Check(Mpi.Receive(Address(bytes), bytes.Length, Mpi.Bytes, rank, NoticeTag, _notices, &status), "a notice");
            notice = RankNotice.Parse(bytes);
        }
        if (notice.Kind == RankNoticeKind.Ended)
            _endedAfter[rank] = notice.Run;
        return true;
    }

    /// <summary>A rank whose process ended before this run, or null.</summary>
    public int? Ended() => _endedAfter.Where(ended => ended.Value < Runs).Select(ended => (int?)ended.Key).Min();

    /// <summary>
    /// Keeps memory for the rest of the process that the library may write to though nobody waits for it any more: a call that has begun
    /// cannot be taken back.
    /// </summary>
    public void Keep(object memory)
    {
        lock (_kept)
            _kept.Add(memory);
    }

    /// <summary>An array that stays where it is.</summary>
    public static T[] Pinned<T>(int length) where T : unmanaged => GC.AllocateUninitializedArray<T>(length, pinned: true);

    /// <summary>That of a pinned array's first value.</summary>
    public static void* Address<T>(T[] pinned) where T : unmanaged => (void*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    /// <summary>Waits for all ranks, without a limit of its own.</summary>
    private static MpiProcess Start(LaunchedRank launched)
    {
        int isStarted, provided;
        Mpi.Check(Mpi.IsInitialized(&isStarted), "its start");
        if (isStarted != 0)
            throw new InvalidOperationException(
                "The app has started MPI itself, which training with several ranks does. Set Distributed to Off, or leave MPI to it.");
        Mpi.Check(Mpi.Init(null, null, Mpi.ThreadSerialized, &provided), "its start");
        if (provided < Mpi.ThreadSerialized)
            throw new InvalidOperationException("This Open MPI was built without threads, which training with several ranks needs.");
        var process = new MpiProcess(launched);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Leave();
        return process;
    }

    private void Send(int rank, byte[] notice)
    {
        var (bytes, request) = (Pinned<byte>(notice.Length), Pinned<nint>(1));
        notice.CopyTo(bytes, 0);
        lock (Calls)
        {
            Mpi.Check(
                Mpi.Send(Address(bytes), bytes.Length, Mpi.Bytes, rank, NoticeTag, _notices, (nint*)Address(request)), "a notice");
            _sent.Add((request, bytes));
        }
    }

    private bool HaveLeft()
    {
        lock (Calls)
        {
            _sent.RemoveAll(sent =>
            {
                int isDone;
                Mpi.Check(Mpi.Test((nint*)Address(sent.Request), &isDone, null), "a notice");
                return isDone != 0;
            });
            return _sent.Count == 0;
        }
    }

    private static nint Duplicate()
    {
        nint copy;
        Mpi.Check(Mpi.Duplicate(Mpi.World, &copy), "its set-up");
        Mpi.Check(Mpi.SetErrorHandler(copy, Mpi.ReturnErrors), "its set-up");
        return copy;
    }

    /// <summary>
    /// Ends MPI, which waits for all ranks to do so. Without it mpirun ends them all, and gives a code that is not 0: that is right where a
    /// run failed or is not done.
    /// </summary>
    private void Leave()
    {
        if (_isRunning)
            return;
        Send(new RankNotice(RankNoticeKind.Ended, Runs));
        Flush();
        lock (Calls)
            _ = Mpi.Finalize();
    }
}
