using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Models;

/// <summary>The constants of an ONNX file that are 32-bit floats: a network's weights as an export folded them.</summary>
internal sealed class ExportedConstants : IWeightSource
{
    private readonly Dictionary<string, TensorProto> _tensors = new(StringComparer.Ordinal);

    public ExportedConstants(byte[] onnx)
    {
        foreach (var tensor in OnnxFile.Parse(ModelProto.Parser, onnx).Graph?.Initializer ?? [])
        {
            var count = tensor.Dims.Aggregate(1L, (size, dimension) => unchecked(size * dimension));
            if (tensor.DataType == (int)OnnxElementType.Float && tensor.RawData.Length == count * sizeof(float))
                _tensors[tensor.Name] = tensor;
        }
    }

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => _tensors[name].Dims;

    public float[] Read(string name) => MemoryMarshal.Cast<byte, float>(_tensors[name].RawData.Span).ToArray();

    public void CopyTo(string name, Span<float> destination) => _tensors[name].RawData.Span.CopyTo(MemoryMarshal.AsBytes(destination));
}
