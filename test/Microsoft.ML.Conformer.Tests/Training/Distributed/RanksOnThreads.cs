using System.Runtime.ExceptionServices;
using Microsoft.ML.Conformer.Training.Distributed;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

/// <summary>Ranks that are threads of this process and tell each other values, as those of MPI do.</summary>
internal sealed class RanksOnThreads : IDisposable
{
    private readonly Barrier _barrier;
    private readonly object[] _values;

    private RanksOnThreads(int size) => (_barrier, _values) = (new Barrier(size), new object[size]);

    public static T[] Run<T>(int size, Func<ICollective, T> work)
    {
        using var ranks = new RanksOnThreads(size);
        var results = new T[size];
        var failures = new Exception?[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = work(new Collective(ranks, rank));
            }
            catch (Exception exception)
            {
                failures[rank] = exception;
            }
        })
        {
            IsBackground = true,
        }).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.IsTrue(threads.All(thread => thread.Join(Patience.Limit)), "a rank hangs");
        if (failures.FirstOrDefault(failure => failure is not null) is { } first)
            ExceptionDispatchInfo.Throw(first);
        return results;
    }

    public void Dispose() => _barrier.Dispose();

    private sealed class Collective(RanksOnThreads ranks, int rank) : ICollective
    {
        public int Rank => rank;

        public int Size => ranks._values.Length;

        public void Sum(torch.Tensor values, string what) => throw new NotSupportedException();

        public void Broadcast(torch.Tensor values, string what) => throw new NotSupportedException();

        public T[] Gather<T>(T own, string what) where T : unmanaged => All<T>(own);

        public byte[][] Gather(byte[] own, string what) => All<byte[]>(own);

        private T[] All<T>(object own)
        {
            ranks._values[rank] = own;
            Meet();
            var all = Array.ConvertAll(ranks._values, value => (T)value);
            Meet();
            return all;
        }

        private void Meet() => Assert.IsTrue(ranks._barrier.SignalAndWait(Patience.Limit), "a rank does not come");
    }
}
