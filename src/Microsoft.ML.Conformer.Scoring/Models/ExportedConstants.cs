namespace Microsoft.ML.Conformer.Models;

/// <summary>The weights of an exported network in 32-bit floats, as an export folded them.</summary>
internal sealed class ExportedConstants(OnnxModel model) : IWeightSource
{
    private readonly Dictionary<string, OnnxInitializer> _tensors =
        model.Initializers.Where(tensor => tensor.Floats is not null).ToDictionary(tensor => tensor.Name);

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _tensors[name].Shape;

    public float[] Read(string name) => _tensors[name].Floats!.ToArray();

    public void CopyTo(string name, Span<float> destination) => _tensors[name].Floats!.CopyTo(destination);
}
