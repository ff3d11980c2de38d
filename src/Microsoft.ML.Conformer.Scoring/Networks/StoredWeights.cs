namespace Microsoft.ML.Conformer.Networks;

/// <summary>A network's weights in managed memory: what a model keeps, to be exported in any form, once the network is gone.</summary>
internal sealed class StoredWeights(IWeightSource source, IEnumerable<string> names) : IWeightSource
{
    private readonly Dictionary<string, (IReadOnlyList<long> Shape, float[] Values)> _tensors =
        names.ToDictionary(name => name, name => (source.Shape(name), source.Read(name)));

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _tensors[name].Shape;

    public float[] Read(string name) => _tensors[name].Values;
}
