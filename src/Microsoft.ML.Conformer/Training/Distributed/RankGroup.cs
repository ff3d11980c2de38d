using System.Text;
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
        (All, Machine, Cancellation) = (
            new MpiCollective(process, process.World, _watch, isOfAll: true),
            new MpiCollective(process, process.Machine, _watch, isOfAll: false), _watch.Stop);
    }

    public ICollective All { get; private set; }

    /// <summary>Those on this machine.</summary>
    public ICollective Machine { get; }

    /// <summary>
    /// The processors that are for this process: those that it may use, divided by the ranks that may use the same ones. A rank that trains
    /// alone in a run of all, as for a sweep's trial, has no more.
    /// </summary>
    public int Processors => MpiProcess.Current?.Processors ?? Environment.ProcessorCount;

    /// <summary>Whether mpirun binds each rank to a processor of its own.</summary>
    public bool IsBoundToOne { get; private set; }

    /// <summary>This process among the ranks on its machine: the GPU that it takes, also where it trains alone in a run of all.</summary>
    public int LocalRank => MpiProcess.Current?.Launched.LocalRank ?? 0;

    /// <summary>
    /// Canceled where any rank's token is, on the others a moment later: they must agree before one leaves what all do together. Canceled
    /// too where a rank failed.
    /// </summary>
    public CancellationToken Cancellation { get; }

    /// <summary>From now on ranks wait for each other as long as it takes.</summary>
    public void WaitWithoutLimit()
    {
        if (_watch is not null)
            _watch.Timeout = TimeSpan.MaxValue;
    }

    public static RankGroup OfOne(CancellationToken cancellation) => new(cancellation);

    /// <summary>Those that mpirun started, unless the options say to train alone; waits for all of them.</summary>
    /// <exception cref="DllNotFoundException">mpirun started the process, but Open MPI's library is not there.</exception>
    /// <exception cref="InvalidOperationException">Another MPI started the process, or an earlier run failed.</exception>
    /// <exception cref="TimeoutException">Not all ranks came.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled while not all ranks had come.</exception>
    public static RankGroup Join(DistributedTraining distributed, TimeSpan timeout, CancellationToken cancellation)
    {
        if (distributed == DistributedTraining.Off || LaunchedRank.Current is not { } launched)
            return OfOne(cancellation);
        var process = MpiProcess.Begin(launched, timeout, cancellation);
        var ranks = new RankGroup(process, timeout, cancellation);
        try
        {
            ranks.ShareProcessors(process);
            return ranks;
        }
        catch (Exception exception)
        {
            using (ranks)
                ranks.Fail(exception);
            throw;
        }
    }

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
                All, Nccl.TryLoad(), () => new CudaContext(device.index, CudaContext.Find), what => _watch.Enter(what), _watch.Wait, tell);
        All = _onGpus ?? All;
    }

    /// <summary>Tells the other ranks why this one cannot go on.</summary>
    /// <exception cref="RankFailedException">It is another rank that failed.</exception>
    /// <exception cref="OperationCanceledException">All ranks know, as they were canceled together.</exception>
    public void Fail(Exception exception)
    {
        if (exception is AgreedCancellationException)
            throw new OperationCanceledException(exception.Message, Cancellation);
        if (_watch?.Failure is { } failure and not OperationCanceledException && exception is OperationCanceledException)
            throw failure;
        _watch?.Leave(exception);
        _onGpus?.Abort();
    }

    public void Dispose()
    {
        if (_watch?.Failure is not null)
            _onGpus?.Abort();
        _onGpus?.Dispose();
        _watch?.Dispose();
    }

    private void ShareProcessors(MpiProcess process)
    {
        var allowed = Encoding.UTF8.GetBytes(LaunchedRank.AllowedProcessors());
        var sharing = Machine.Gather(allowed, "the processors").Count(other => other.AsSpan().SequenceEqual(allowed));
        IsBoundToOne = sharing < Machine.Size && Environment.ProcessorCount == 1;
        process.Processors = Math.Max(1, Environment.ProcessorCount / sharing);
    }
}
