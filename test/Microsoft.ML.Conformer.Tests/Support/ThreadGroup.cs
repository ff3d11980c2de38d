using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>
/// Threads in the place of ranks, which tell each other things but do not compute together. One that fails ends the others' waiting, as
/// processes' do.
/// </summary>
internal sealed class ThreadGroup : IDisposable
{
    private readonly byte[][] _given;
    private readonly string[] _what;
    private readonly Barrier _barrier;
    private readonly CancellationTokenSource _failed = new();

    private ThreadGroup(int size) => (_given, _what, _barrier) = (new byte[size][], new string[size], new Barrier(size));

    /// <summary>What was exchanged, and the most bytes that a rank gave.</summary>
    public ConcurrentQueue<(string What, int Bytes)> Exchanges { get; } = [];

    public static ThreadGroup Of(int size) => new(size);

    /// <summary>Runs work on as many threads as there are ranks, and gives what each came to: its result or its error.</summary>
    public static (T? Result, Exception? Error)[] Run<T>(int size, Func<ICollective, T> work)
    {
        using var group = Of(size);
        return group.Run(work);
    }

    /// <summary>The results of work in which no rank may fail.</summary>
    public static T[] Results<T>(int size, Func<ICollective, T> work)
    {
        var results = Run(size, work);
        if (results.FirstOrDefault(result => result.Error is not (null or OtherRankFailedException)).Error is { } error)
            ExceptionDispatchInfo.Throw(error);
        return [.. results.Select(result => result.Result!)];
    }

    /// <inheritdoc cref="Run{T}(int, Func{ICollective, T})"/>
    public (T? Result, Exception? Error)[] Run<T>(Func<ICollective, T> work) => OwnThread.Results(
        [.. Enumerable.Range(0, _given.Length).Select(rank => OwnThread.Start(() => Try(() => work(new Member(this, rank)))))]);

    public void Dispose()
    {
        _barrier.Dispose();
        _failed.Dispose();
    }

    private (T? Result, Exception? Error) Try<T>(Func<T> work)
    {
        try
        {
            return (work(), null);
        }
        catch (Exception exception)
        {
            _failed.Cancel();
            return (default, exception);
        }
    }

    private byte[][] Gather(int rank, byte[] own, string what)
    {
        (_given[rank], _what[rank]) = (own, what);
        Wait();
        byte[][] all = [.. _given];
        if (_what.Any(other => other != what))
            throw new InvalidOperationException($"Ranks exchange different things: {string.Join(", ", _what)}.");
        if (rank == 0)
            Exchanges.Enqueue((what, all.Max(bytes => bytes.Length)));
        Wait();
        return all;
    }

    private void Wait()
    {
        try
        {
            if (!_barrier.SignalAndWait(Patience.Limit, _failed.Token))
                throw new TimeoutException("Another rank did not come.");
        }
        catch (OperationCanceledException)
        {
            throw new OtherRankFailedException();
        }
    }

    private sealed class Member(ThreadGroup group, int rank) : ICollective
    {
        public int Rank => rank;

        public int Size => group._given.Length;

        public byte[][] Gather(byte[] own, string what) => group.Gather(rank, own, what);

        public T[] GatherOne<T>(T own, string what) where T : unmanaged =>
            [.. Gather(MemoryMarshal.AsBytes([own]).ToArray(), what).Select(bytes => MemoryMarshal.Read<T>(bytes))];

        public void Sum(Tensor values, string what) => throw new NotSupportedException();

        public void Broadcast(Tensor values, string what) => throw new NotSupportedException();
    }
}

/// <summary>Another rank's work has failed, so that this one's cannot go on.</summary>
internal sealed class OtherRankFailedException : Exception;
