using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Modeling;

/// <summary>The source of randomness that all transformer blocks of one network share.</summary>
internal sealed class StochasticDepthRandom(long seed) : IDisposable
{
    private readonly long _seed = seed;
    private Generator? _generator;

    /// <summary>For each of the N samples 1 / keep with the given chance, else 0: [N, 1, 1] like <paramref name="x"/>.</summary>
    public Tensor KeepMask(Tensor x, double keep)
    {
        // Generators belong to a device; the network may have been moved since the last call.
        if (_generator?.device.type != x.device.type)
        {
            _generator?.Dispose();
            _generator = new Generator((ulong)_seed, x.device);
        }
        return empty([x.shape[0], 1, 1], x.dtype, x.device).bernoulli_(keep, _generator).div_(keep);
    }

    public void Dispose() => _generator?.Dispose();
}
