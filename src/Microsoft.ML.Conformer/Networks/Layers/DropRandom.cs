using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>Dropout (Srivastava et al., 2014) and stochastic depth (Huang et al., 2016) of one network, the same on every device.</summary>
internal sealed class DropRandom(long seed) : IDisposable
{
    // On the CPU wherever the network is: TorchSharp makes no generators for GPUs, and a GPU takes no other's.
    private readonly Generator _generator = new((ulong)seed, CPU);

    /// <summary>Dropout: each value becomes 0 with the chance <paramref name="drop"/>; the others grow so that the mean stays.</summary>
    public Tensor Drop(Tensor x, double drop) => drop > 0 ? x * KeepMask(x, x.shape, 1 - drop) : x;

    /// <summary>Stochastic depth: as <see cref="Drop"/>, for each of the samples, which are equal parts of [N, T, E], as a whole.</summary>
    public Tensor DropSamples(Tensor x, double drop, long samples) => drop > 0
        ? (x.reshape(samples, -1, x.shape[2]) * KeepMask(x, [samples, 1, 1], 1 - drop)).reshape(x.shape)
        : x;

    /// <summary>Dropout of channels (Tompson et al., 2015): as <see cref="Drop"/>, for each channel of [N, C, H, W] as a whole.</summary>
    public Tensor DropChannels(Tensor x, double drop) => drop > 0 ? x * KeepMask(x, [x.shape[0], x.shape[1], 1, 1], 1 - drop) : x;

    /// <summary>A number to begin other random numbers with, 0 to 2^31 - 1.</summary>
    public int NextSeed()
    {
        using var drawn = empty([1], ScalarType.Float64, CPU);
        using var number = drawn.uniform_(0, int.MaxValue, _generator);
        return (int)number.item<double>();
    }

    /// <summary>Begins anew with the numbers of a rank, other than those of the ranks that train together with it.</summary>
    public void BeginAs(int rank) => _generator.manual_seed(unchecked((long)((ulong)seed + ((ulong)rank * 0x9E3779B97F4A7C15))));

    /// <summary>What the next numbers follow from, as bytes.</summary>
    public Tensor State() => _generator.get_state();

    /// <summary>
    /// Goes on from a state, of which only one that <see cref="State"/> gave is taken: libtorch ends the process on others.
    /// </summary>
    public void Restore(Tensor state)
    {
        using var own = _generator.get_state();
        if (state.dtype != own.dtype || !state.shape.SequenceEqual(own.shape))
            throw new ArgumentException(
                $"A generator's state is {own.dtype} [{own.numel()}]; got {state.dtype} [{string.Join(", ", state.shape)}].",
                nameof(state));
#pragma warning disable RS0030 // banned elsewhere; type and size were checked
        _generator.set_state(state);
#pragma warning restore RS0030
    }

    public void Dispose() => _generator.Dispose();

    private Tensor KeepMask(Tensor x, long[] shape, double keep) =>
        empty(shape, x.dtype, CPU).bernoulli_(keep, _generator).Divide(keep).to(x.device);
}
