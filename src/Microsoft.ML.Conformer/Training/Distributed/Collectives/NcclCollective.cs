using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// Ranks that compute together by NCCL on tensors of GPUs, each rank with one of its own; what is in main memory goes by another way.
/// NCCL cuts what it sends into pieces itself, and reduces while it sends, so that it gets a tensor as a whole. Written after the API's
/// documentation; untested on hardware.
/// </summary>
internal sealed class NcclCollective : ICollective, IDisposable
{
    private static readonly TimeSpan _leaveLimit = TimeSpan.FromSeconds(10);

    private readonly ICollective _host;
    private readonly Nccl _nccl;
    private readonly CudaContext _gpu;
    private readonly Action<string> _enter;
    private readonly Action<Func<bool>> _wait;
    private nint _communicator;

    private NcclCollective(ICollective host, Nccl nccl, CudaContext gpu, Action<string> enter, Action<Func<bool>> wait) =>
        (_host, _nccl, _gpu, _enter, _wait) = (host, nccl, gpu, enter, wait);

    public int Rank => _host.Rank;

    public int Size => _host.Size;

    /// <summary>Starts NCCL on all ranks, or says why they compute together without it and returns null: on all or on none.</summary>
    /// <param name="host">The way of what is in main memory.</param>
    /// <param name="nccl">This rank's, or null where it has none.</param>
    /// <param name="open">Makes the context of this rank's GPU.</param>
    /// <param name="enter"><see cref="RankWatch.Enter"/>.</param>
    /// <param name="wait"><see cref="RankWatch.Wait"/>.</param>
    /// <param name="tell">Takes what a user should know.</param>
    public static NcclCollective? Start(
        ICollective host, Nccl? nccl, Func<CudaContext> open, Action<string> enter, Action<Func<bool>> wait, Action<string> tell)
    {
        var versions = host.GatherOne(nccl?.Version ?? 0, "the versions of NCCL");
        if (nccl is null || versions.Any(version => version != versions[0]))
        {
            var other = Array.FindIndex(versions, version => version != versions[0]);
            var reason = other >= 0 && !versions.Contains(0)
                ? $"rank 0 has version {versions[0]} of NCCL, and rank {other} version {versions[other]}"
                : $"rank {Array.IndexOf(versions, 0)} finds no NCCL, which libtorch for CUDA on Linux has";
            tell($"The ranks add their gradients in main memory, which takes longer than between GPUs: {reason}.");
            return null;
        }
        var id = host.GatherOne(host.Rank == 0 ? nccl.NewId() : default, "the start of NCCL")[0];
        var collective = new NcclCollective(host, nccl, open(), enter, wait);
        try
        {
            collective.Do("the start of NCCL", () => collective._communicator = nccl.Start(id, host.Rank, host.Size));
        }
        catch
        {
            collective.Dispose();
            throw;
        }
        return collective;
    }

    public void Sum(Tensor values, string what)
    {
        if (values.device_type != DeviceType.CUDA)
            _host.Sum(values, what);
        else if (values.dtype != ScalarType.Float32)
            throw new ArgumentException($"Expected Float32 values, got {values.dtype}.", nameof(values));
        else
            Sum(AddressOf(values), values.numel(), what);
    }

    public void Broadcast(Tensor values, string what)
    {
        if (values.device_type != DeviceType.CUDA)
            _host.Broadcast(values, what);
        else
            Broadcast(AddressOf(values), values.numel() * values.element_size(), what);
    }

    public T[] GatherOne<T>(T own, string what) where T : unmanaged => _host.GatherOne(own, what);

    public byte[][] Gather(byte[] own, string what) => _host.Gather(own, what);

    /// <summary>Ends what has begun on this rank, where it does not go on with the others.</summary>
    public void Abort() => Leave(_nccl.Abort);

    public void Dispose()
    {
        Leave(_nccl.Destroy);
        _gpu.Dispose();
    }

    internal void Sum(nint address, long count, string what) => Do(what, () => _nccl.Sum(address, count, _communicator, what));

    internal void Broadcast(nint address, long bytes, string what) =>
        Do(what, () => _nccl.Broadcast(address, bytes, _communicator, what));

    private static nint AddressOf(Tensor values) => values.is_contiguous() ? TorchNative.AddressOf(values)
        : throw new ArgumentException("The values must be contiguous.", nameof(values));

    /// <summary>
    /// Does what all ranks do, until the GPU is done with it. NCCL's functions too may wait for other ranks, at least when they first
    /// connect: so they run on a thread of their own, which the wait can leave behind.
    /// </summary>
    private void Do(string what, Action begin)
    {
        _enter(what);
        try
        {
            var begun = OnThread(() =>
            {
                _gpu.MakeCurrent();
                begin();
            });
            _wait(() => begun.IsCompleted);
            begun.GetAwaiter().GetResult();
            _gpu.MakeCurrent();
            _wait(() =>
            {
                var isDone = _gpu.IsIdle(what);
                _nccl.ThrowIfFailed(_communicator, what); // a call that failed leaves the GPU idle too
                return isDone;
            });
        }
        catch
        {
            Abort();
            throw;
        }
    }

    /// <summary>Both ways to leave may wait for other ranks, or for a GPU that hangs.</summary>
    private void Leave(Action<nint> way)
    {
        if (Interlocked.Exchange(ref _communicator, 0) is var communicator && communicator != 0)
            OnThread(() => way(communicator)).Wait(_leaveLimit);
    }

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
