using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed;

/// <summary>
/// The ranks that train one network together: the same program in as many processes. Each calls the same members in the same order, and a
/// call waits for all ranks.
/// </summary>
internal interface ICollective
{
    /// <summary>This process, from 0. Rank 0 alone logs and writes.</summary>
    int Rank { get; }

    int Size { get; }

    /// <summary>Replaces values by their sum over the ranks, the same to the bit on each.</summary>
    /// <param name="values">Contiguous 32-bit floats on any device, as many on each rank.</param>
    /// <param name="what">What is summed, for errors.</param>
    void Sum(Tensor values, string what);

    /// <summary>Replaces values by those of rank 0.</summary>
    /// <param name="values">Contiguous, of any type and on any device, as many on each rank.</param>
    /// <param name="what">What is sent, for errors.</param>
    void Broadcast(Tensor values, string what);

    /// <summary>Each rank's value, in the ranks' order.</summary>
    T[] Gather<T>(T own, string what) where T : unmanaged;

    /// <summary>Each rank's bytes, in the ranks' order; they may differ in number.</summary>
    byte[][] Gather(byte[] own, string what);
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

    public T[] Gather<T>(T own, string what) where T : unmanaged => [own];

    public byte[][] Gather(byte[] own, string what) => [own];
}
