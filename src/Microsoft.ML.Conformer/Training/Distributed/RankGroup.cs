using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed;

/// <summary>The ranks that train together in one Fit, or the one process that trains alone.</summary>
internal sealed class RankGroup : IDisposable
{
    private readonly RankWatch? _watch;
    private NcclCollective? _onGpus;

    private RankGroup(CancellationToken cancellation) => (All, Machine, Cancellation) = (new Alone(), new Alone(), cancellation);

    private RankGroup(MpiProcess process, TimeSpan timeout, CancellationToken cancellation)
    {
        _watch = new RankWatch(process, timeout, cancellation);
        IsBound = LaunchedRank.IsBound;
        (All, Machine, Cancellation) = (
            new MpiCollective(process, process.World, _watch), new MpiCollective(process, process.Machine, _watch), _watch.Stop);
    }

    public ICollective All { get; private set; }

    /// <summary>Those on this machine.</summary>
    public ICollective Machine { get; }

    /// <summary>
    /// The processors that are for this process: what it may use, without what the other ranks on the machine need. A rank that trains
    /// alone in a run of all, as for a sweep's trial, has no more.
    /// </summary>
    public int Processors { get; } = MpiProcess.Started is { } rank && !LaunchedRank.IsBound
        ? Math.Max(1, Environment.ProcessorCount / rank.LocalSize) : Environment.ProcessorCount;

    /// <summary>This process among the ranks on its machine: the GPU that it takes, also where it trains alone in a run of all.</summary>
    public int LocalRank { get; } = MpiProcess.Started?.LocalRank ?? 0;

    /// <summary>Whether mpirun lets the process use a part of the machine's processors only.</summary>
    public bool IsBound { get; }

    /// <summary>
    /// Canceled where any rank's token is, on the others a moment later: they must agree before one leaves what all do together. Canceled
    /// too where a rank failed.
    /// </summary>
    public CancellationToken Cancellation { get; }

    public static RankGroup OfOne(CancellationToken cancellation) => new(cancellation);

    /// <summary>Those that mpirun started, unless the options say to train alone; waits for all of them.</summary>
    /// <exception cref="DllNotFoundException">mpirun started the process, but Open MPI's library is not there.</exception>
    /// <exception cref="InvalidOperationException">Another MPI started the process, or an earlier run failed.</exception>
    /// <exception cref="TimeoutException">Not all ranks came.</exception>
    public static RankGroup Join(DistributedTraining distributed, TimeSpan timeout, CancellationToken cancellation) =>
        distributed == DistributedTraining.Auto && LaunchedRank.Current is { } launched
            ? new RankGroup(MpiProcess.Begin(launched, timeout), timeout, cancellation) : OfOne(cancellation);

    /// <summary>
    /// Says on what this rank trains: between GPUs, <see cref="All"/> computes by NCCL from now on, where all ranks have it. All ranks call
    /// it, once.
    /// </summary>
    /// <param name="device">This rank's.</param>
    /// <param name="tell">Takes what a user should know.</param>
    /// <exception cref="InvalidOperationException">Ranks share a GPU, or only some have one.</exception>
    public void TrainOn(Device device, Action<string> tell)
    {
        if (_watch is null)
            return;
        RankDevices.Check(All, device);
        if (device.type == DeviceType.CUDA)
            _onGpus = NcclCollective.Start(
                All, Nccl.TryLoad(), () => new CudaContext(device.index, CudaContext.Find), _watch.Enter, _watch.Wait, tell);
        All = _onGpus ?? All;
    }

    /// <summary>Tells the other ranks why this one cannot go on.</summary>
    /// <exception cref="RankFailedException">It is another rank that failed.</exception>
    public void Fail(Exception exception)
    {
        if (_watch?.Failure is { } failure && exception is OperationCanceledException)
            throw failure;
        if (exception is OperationCanceledException)
            return; // all ranks come to that together
        _watch?.Fail(exception);
        _onGpus?.Abort();
    }

    public void Dispose()
    {
        if (_watch?.Failure is not null)
            _onGpus?.Abort();
        _onGpus?.Dispose();
        _watch?.Dispose();
    }
}
