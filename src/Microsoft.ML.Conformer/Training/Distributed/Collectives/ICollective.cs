using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>
/// The ranks that train one network together: the same program in as many processes. Each calls the same members in the same order, and a
/// call waits for all ranks. Rank 0 alone logs and writes.
/// </summary>
internal interface ICollective : IReadingGroup
{
    /// <summary>Replaces values by their sum over the ranks, the same to the bit on each.</summary>
    /// <param name="values">Contiguous 32-bit floats on any device, as many on each rank.</param>
    /// <param name="what">What is summed, for errors.</param>
    void Sum(Tensor values, string what);

    /// <summary>Replaces values by those of rank 0.</summary>
    /// <param name="values">Contiguous, of any type and on any device, as many on each rank.</param>
    /// <param name="what">What is sent, for errors.</param>
    void Broadcast(Tensor values, string what);

    /// <summary>Each rank's value, in the ranks' order.</summary>
    T[] GatherOne<T>(T own, string what) where T : unmanaged;
}

/// <summary>One process that trains for itself.</summary>
internal sealed class Alone : ICollective
{
    public int Rank => 0;

    public int Size => 1;

    public void Sum(Tensor values, string what)
    {
    }

    public void Broadcast(Tensor values, string what)
    {
    }

    public T[] GatherOne<T>(T own, string what) where T : unmanaged => [own];

    public byte[][] Gather(byte[] own, string what) => [own];
}
