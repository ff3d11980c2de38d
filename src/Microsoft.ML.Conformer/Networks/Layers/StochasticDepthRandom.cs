using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>The source of randomness that all transformer blocks of one network share; the same on every device.</summary>
internal sealed class StochasticDepthRandom(long seed) : IDisposable
{
    // On the CPU wherever the network is: TorchSharp makes no generators for GPUs, and a GPU takes no other's.
    private readonly Generator _generator = new((ulong)seed, CPU);

    /// <summary>For each of the N samples 1 / keep with the given chance, else 0: [N, 1, 1] like <paramref name="x"/>.</summary>
    public Tensor KeepMask(Tensor x, double keep) =>
        empty([x.shape[0], 1, 1], x.dtype, CPU).bernoulli_(keep, _generator).div_(keep).to(x.device);

    public void Dispose() => _generator.Dispose();
}
