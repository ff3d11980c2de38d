using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

/// <summary>Gives the numbers that it is told to: uniform ones, whole ones made of them as floor(u * bound), and normal ones.</summary>
internal sealed class ScriptedRandom(IEnumerable<double> uniform, IEnumerable<double>? normal = null) : ImageRandom(0, 0, 0)
{
    private readonly Queue<double> _uniform = new(uniform), _normal = new(normal ?? []);

    /// <summary>Numbers not yet asked for.</summary>
    public int Left => _uniform.Count + _normal.Count;

    public override double NextDouble() => _uniform.Dequeue();

    public override int NextInt32(int bound) => (int)(NextDouble() * bound);

    public override double NextNormal() => _normal.Dequeue();
}
