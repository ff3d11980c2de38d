using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>What a graph gives for a number of images or rows: the values of each of its outputs, image by image.</summary>
/// <param name="outputs">The graph's outputs.</param>
/// <param name="capacity">Images that there is room for.</param>
internal sealed class OutputValues(IReadOnlyList<OnnxOutput> outputs, int capacity)
{
    private readonly float[][] _values = [.. outputs.Select(output => new float[checked(capacity * output.Length)])];

    /// <summary>Images that there is room for.</summary>
    public int Capacity => capacity;

    /// <summary>One output's values of one image.</summary>
    public Memory<float> Of(int output, int image) => Of(output, image, 1);

    /// <summary>One output's values of <paramref name="count"/> images from <paramref name="first"/> on.</summary>
    public Memory<float> Of(int output, int first, int count) =>
        _values[output].AsMemory(first * outputs[output].Length, count * outputs[output].Length);

    /// <summary>Gives all values of one image the same value.</summary>
    public void Fill(int image, float value)
    {
        for (var output = 0; output < outputs.Count; output++)
            Of(output, image).Span.Fill(value);
    }

    /// <summary>Adds the values of another's image to an image's.</summary>
    public void Add(int image, OutputValues other, int otherImage)
    {
        for (var output = 0; output < outputs.Count; output++)
            TensorPrimitives.Add(Of(output, image).Span, other.Of(output, otherImage).Span, Of(output, image).Span);
    }

    /// <summary>Divides all values of one image.</summary>
    public void Divide(int image, float divisor)
    {
        for (var output = 0; output < outputs.Count; output++)
            TensorPrimitives.Divide(Of(output, image).Span, divisor, Of(output, image).Span);
    }
}
