using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>Distinct values for every element of an architecture's state dict.</summary>
internal sealed class CountedWeights : IWeightSource
{
    private readonly Dictionary<string, float[]> _values = [];
    private readonly Dictionary<string, long[]> _shapes = [];

    public CountedWeights(ConformerArchitecture architecture)
    {
        var next = 1f;
        foreach (var tensor in architecture.StateDict())
        {
            _shapes.Add(tensor.Name, [.. tensor.Shape]);
            _values.Add(tensor.Name, [.. Enumerable.Range(0, (int)tensor.Count).Select(_ => next++)]);
        }
    }

    public bool Contains(string name) => _values.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _shapes[name];

    public float[] Read(string name) => _values[name];
}
