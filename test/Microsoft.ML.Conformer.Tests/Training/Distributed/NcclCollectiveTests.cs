using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Training.Distributed;

/// <summary>What can be known of NCCL without a GPU: the calls, their arguments and order, and what follows from their results.</summary>
[TestClass]
[DoNotParallelize]
public sealed unsafe class NcclCollectiveTests
{
    /// <summary>It stays where it is: a call that is left may still write to it.</summary>
    private static readonly float[] _value = GC.AllocateArray<float>(1, pinned: true);

    private readonly List<string> _entered = [], _told = [];

    [TestInitialize]
    public void Reset() => FakeNccl.Reset();

    [TestMethod]
    public void AllRanksStartByTheIdOfRank0AndLeaveOnce()
    {
        ThreadGroup.Results(3, all =>
        {
            using var collective = Start(all)!;
            return (collective.Rank, collective.Size);
        });

        var id = string.Concat(Enumerable.Range(0, 128).Select(i => $"{200 - i:X2}"));
        CollectionAssert.AreEquivalent(
            (string[])["id", .. Enumerable.Range(0, 3).SelectMany(rank =>
                (string[])[$"init {rank} of 3 by {id}", $"destroy {rank + 1}", $"release {rank}"])],
            FakeNccl.Calls.ToArray());
        Assert.AreEqual(0, _told.Count);
    }

    [TestMethod]
    public void ValuesAreSummedInPlaceAndTheGpuIsWaitedFor()
    {
        using var collective = Start(new Alone())!;
        FakeNccl.Pending = 3;
        float[] values = [1, 2, 3];

        fixed (float* address = values)
        {
            collective.Sum((nint)address, values.Length, "gradients");
            Assert.AreEqual(-1, FakeNccl.Pending);
            collective.Broadcast((nint)address, sizeof(float) * values.Length, "weights");
        }

        CollectionAssert.AreEqual(new float[] { 1, 2, 3 }, values); // of one rank
        CollectionAssert.AreEqual((string[])["the start of NCCL", "gradients", "weights"], _entered);
        CollectionAssert.AreEqual(
            (string[])["sum 3 of type 7 by 0 in 1, 0", "send 12 of type 1 from 0 in 1, 0"], FakeNccl.Calls.Skip(2).ToArray());
    }

    [TestMethod]
    [DataRow(6, 0, "NCCL failed at gradients: the text of the error.")]
    [DataRow(0, 719, "The GPU failed at gradients: the text of the error.")]
    public void WhatFailsWhileTheGpuComputesIsToldAndAborted(int asyncError, int streamError, string expected)
    {
        var collective = Start(new Alone())!;
        (FakeNccl.AsyncError, FakeNccl.StreamError) = (asyncError, streamError);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => SumOne(collective));
        collective.Dispose();

        StringAssert.StartsWith(error.Message, expected);
        CollectionAssert.AreEqual((string[])["abort 1", "release 0"], FakeNccl.Calls.Skip(3).ToArray());
    }

    [TestMethod]
    public void ACallThatWaitsForOthersInVainIsLeftAndAborted()
    {
        var late = new RankFailedException("rank 1 does not come", 1);
        using var collective = NcclCollective.Start(
            new Alone(), new Nccl(FakeNccl.Find), () => new CudaContext(0, FakeNccl.Find), _entered.Add,
            isDone =>
            {
                if (_entered[^1] == "gradients")
                    throw late;
                Wait(isDone);
            },
            _told.Add)!;
        FakeNccl.Others.Reset();

        Assert.AreSame(late, Assert.ThrowsExactly<RankFailedException>(() => SumOne(collective)));

        CollectionAssert.Contains(FakeNccl.Calls, "abort 1");
    }

    [TestMethod]
    public void WhereARankHasNoNcclAllDoWithout()
    {
        ThreadGroup.Results(2, all =>
        {
            Assert.IsNull(Start(all, hasNccl: all.Rank == 0));
            return 0;
        });

        Assert.AreEqual(0, FakeNccl.Calls.Count);
        CollectionAssert.AreEqual(
            Enumerable.Repeat(
                "The ranks add their gradients in main memory, which takes longer than between GPUs: rank 1 finds no NCCL, which " +
                "libtorch for CUDA on Linux has.", 2).ToArray(),
            _told);
    }

    [TestMethod]
    public void ABuildOfLibtorchForCpusHasNoNccl()
    {
        if (torch.cuda.is_available() || NativeLibrary.TryLoad("libnccl.so.2", out _))
            Assert.Inconclusive("This machine has a GPU, or NCCL by itself.");

        Assert.IsNull(Nccl.TryLoad());
    }

    [TestMethod]
    public void ATensorsValuesAreWhereItSaysThatTheyAre()
    {
        using var tensor = torch.arange(5, dtype: torch.float32);

        Assert.AreEqual(3f, ((float*)TorchNative.AddressOf(tensor))[3]);
    }

    [TestMethod]
    public void AnIdIsAsLongAsInTheHeader() => Assert.AreEqual(128, sizeof(Nccl.UniqueId));

    private static void SumOne(NcclCollective collective) =>
        collective.Sum(Marshal.UnsafeAddrOfPinnedArrayElement(_value, 0), 1, "gradients");

    private static void Wait(Func<bool> isDone) => Assert.IsTrue(SpinWait.SpinUntil(isDone, Patience.Limit), "it is never done");

    private NcclCollective? Start(ICollective all, bool hasNccl = true) => NcclCollective.Start(
        all, hasNccl ? new Nccl(FakeNccl.Find) : null, () => new CudaContext(all.Rank, FakeNccl.Find), what => Add(_entered, what), Wait,
        message => Add(_told, message));

    private static void Add(List<string> texts, string text)
    {
        lock (texts)
            texts.Add(text);
    }
}
