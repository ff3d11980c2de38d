using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>What a graph gives for a number of images or rows: the values of each of its outputs, image by image.</summary>
internal sealed class OutputValues(IReadOnlyList<OnnxOutput> outputs, int capacity)
{
    private readonly float[][] _values = [.. outputs.Select(output => new float[checked(capacity * output.Length)])];

    public int Capacity => capacity;

    public Memory<float> Of(int output, int image) => Of(output, image, 1);

    /// <summary>One output's values of <paramref name="count"/> images from <paramref name="first"/> on.</summary>
    public Memory<float> Of(int output, int first, int count) =>
        _values[output].AsMemory(first * outputs[output].Length, count * outputs[output].Length);

    public void Fill(int image, float value)
    {
        for (var output = 0; output < outputs.Count; output++)
            Of(output, image).Span.Fill(value);
    }

    public void Add(int image, OutputValues other, int otherImage)
    {
        for (var output = 0; output < outputs.Count; output++)
            TensorPrimitives.Add(Of(output, image).Span, other.Of(output, otherImage).Span, Of(output, image).Span);
    }

    public void Divide(int image, float divisor)
    {
        for (var output = 0; output < outputs.Count; output++)
            TensorPrimitives.Divide(Of(output, image).Span, divisor, Of(output, image).Span);
    }
}
