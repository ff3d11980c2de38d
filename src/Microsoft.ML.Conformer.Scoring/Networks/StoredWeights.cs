namespace Microsoft.ML.Conformer.Networks;

/// <summary>
/// A network's weights in managed memory: what a model keeps, to be exported in any form, once the network is gone. Of an architecture its
/// indices of positions are there too, which no file needs to have.
/// </summary>
internal sealed class StoredWeights(IWeightSource source, IEnumerable<string> names, VisionArchitecture? architecture = null)
    : IWeightSource
{
    private readonly Dictionary<string, (IReadOnlyList<long> Shape, float[] Values)> _tensors =
        names.Select(name => (Name: name, Shape: source.Shape(name), Values: source.Read(name)))
            .Concat((architecture?.StateDict() ?? []).Where(tensor => tensor.IsPositionIndex)
                .Select(tensor => (tensor.Name, tensor.Shape, Values: PositionIndices(tensor))))
            .ToDictionary(tensor => tensor.Name, tensor => (tensor.Shape, tensor.Values));

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _tensors[name].Shape;

    public float[] Read(string name) => _tensors[name].Values;

    private static float[] PositionIndices(NetworkTensor tensor) =>
        [.. RelativePositions.Indices((int)Math.Sqrt(tensor.Shape[0])).Select(row => (float)row)];
}
