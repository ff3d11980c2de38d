using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>Dropout (Srivastava et al., 2014) and stochastic depth (Huang et al., 2016) of one network, the same on every device.</summary>
internal sealed class DropRandom(long seed) : IDisposable
{
    // On the CPU wherever the network is: TorchSharp makes no generators for GPUs, and a GPU takes no other's.
    private readonly Generator _generator = new((ulong)seed, CPU);

    /// <summary>Dropout: each value becomes 0 with the chance <paramref name="drop"/>; the others grow so that the mean stays.</summary>
    public Tensor Drop(Tensor x, double drop) => drop > 0 ? x * KeepMask(x, x.shape, 1 - drop) : x;

    /// <summary>Stochastic depth: as <see cref="Drop"/>, for each of the N samples [T, E] as a whole.</summary>
    public Tensor DropSamples(Tensor x, double drop) => drop > 0 ? x * KeepMask(x, [x.shape[0], 1, 1], 1 - drop) : x;

    public void Dispose() => _generator.Dispose();

    private Tensor KeepMask(Tensor x, long[] shape, double keep) =>
        empty(shape, x.dtype, CPU).bernoulli_(keep, _generator).div_(keep).to(x.device);
}
