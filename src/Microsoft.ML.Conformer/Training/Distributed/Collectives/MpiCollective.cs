using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>Ranks that compute together by MPI, in main memory: what is on a GPU is copied there and back.</summary>
/// <param name="process">This process's part in MPI.</param>
/// <param name="communicator">Which ranks.</param>
/// <param name="watch">Ends a wait in vain.</param>
/// <param name="isOfAll">Whether these are all ranks.</param>
internal sealed unsafe class MpiCollective(MpiProcess process, nint communicator, RankWatch watch, bool isOfAll) : ICollective
{
    /// <summary>
    /// Bytes that are summed at once, which what comes from another rank takes again. They stay in a processor's caches: 94 MB between two
    /// ranks take two thirds of the time that they take in pieces of 25 MB. Smaller ones wait too often for a network.
    /// </summary>
    private const int PieceBytes = 4 << 20;

    public int Rank { get; } = Ask(process, communicator, isRank: true);

    public int Size { get; } = Ask(process, communicator, isRank: false);

    public void Sum(Tensor values, string what)
    {
        if (values.dtype != ScalarType.Float32)
            throw new ArgumentException($"Expected Float32 values, got {values.dtype}.", nameof(values));
        InMemory(values, what, (memory, bytes, request) => Mpi.AllReduce(
            Mpi.InPlace, memory, bytes / sizeof(float), Mpi.Floats, Mpi.Addition, communicator, request));
    }

    public void Broadcast(Tensor values, string what) => InMemory(
        values, what, (memory, bytes, request) => Mpi.Broadcast(memory, bytes, Mpi.Bytes, 0, communicator, request));

    public T[] GatherOne<T>(T own, string what) where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(
            Gather(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in own)), [.. Enumerable.Repeat(sizeof(T), Size)], what)).ToArray();

    public byte[][] Gather(byte[] own, string what)
    {
        var lengths = GatherOne(own.Length, what);
        if (lengths.Sum(length => (long)length) > Array.MaxLength)
            throw new InsufficientMemoryException($"What the ranks say of {what} is {lengths.Sum(length => (long)length)} bytes long.");
        var all = Gather(own, lengths, what);
        var parts = new byte[Size][];
        for (int rank = 0, offset = 0; rank < Size; offset += lengths[rank++])
            parts[rank] = all.AsSpan(offset, lengths[rank]).ToArray();
        return parts;
    }

    private static int Ask(MpiProcess process, nint communicator, bool isRank)
    {
        int number;
        lock (process.Calls)
            Mpi.Check(isRank ? Mpi.Rank(communicator, &number) : Mpi.Size(communicator, &number), "its set-up");
        return number;
    }

    private byte[] Gather(ReadOnlySpan<byte> own, int[] lengths, string what)
    {
        var (sent, received) = (MpiProcess.Pinned<byte>(own.Length), MpiProcess.Pinned<byte>(lengths.Sum()));
        own.CopyTo(sent);
        var (counts, offsets) = (MpiProcess.Pinned<int>(Size), MpiProcess.Pinned<int>(Size));
        for (int rank = 0, offset = 0; rank < Size; offset += lengths[rank++])
            (counts[rank], offsets[rank]) = (lengths[rank], offset);
        var length = own.Length;
        Do(what, new object[] { sent, received, counts, offsets }, request => Mpi.AllGather(
            MpiProcess.Address(sent), length, Mpi.Bytes, MpiProcess.Address(received), (int*)MpiProcess.Address(counts),
            (int*)MpiProcess.Address(offsets), Mpi.Bytes, communicator, request));
        return received;
    }

    private void InMemory(Tensor values, string what, Collective call)
    {
        if (!values.is_contiguous())
            throw new ArgumentException("The values must be contiguous.", nameof(values));
        if (values.device_type != DeviceType.CPU)
        {
            using var copy = values.cpu();
            InMemory(copy, what, call);
            values.copy_(copy);
            return;
        }
        // Its memory stays as long as the alias does, whatever becomes of the caller's.
        var alias = values.alias().DetachFromDisposeScope();
        var length = alias.numel() * alias.element_size(); // may be beyond what a span can hold
        for (long start = 0; start < length; start += PieceBytes)
        {
            var (address, piece) = (TorchNative.AddressOf(alias) + (nint)start, (int)Math.Min(PieceBytes, length - start));
            Do(what, alias, request => call((void*)address, piece, request));
        }
        alias.Dispose();
    }

    /// <summary>Begins a call and waits for it.</summary>
    /// <param name="what">For errors.</param>
    /// <param name="memory">What it reads and writes.</param>
    /// <param name="begin">The call.</param>
    private void Do(string what, object memory, Begun begin)
    {
        var request = MpiProcess.Pinned<nint>(1);
        var address = (nint*)MpiProcess.Address(request);
        watch.Enter(what, isOfAll);
        try
        {
            lock (process.Calls)
                Mpi.Check(begin(address), what);
            watch.Wait(() =>
            {
                int isDone;
                lock (process.Calls)
                    Mpi.Check(Mpi.Test(address, &isDone, null), what);
                return isDone != 0;
            });
        }
        catch
        {
            process.Keep(memory);
            process.Keep(request);
            throw;
        }
    }

    private delegate int Collective(void* memory, int bytes, nint* request);

    private delegate int Begun(nint* request);
}
