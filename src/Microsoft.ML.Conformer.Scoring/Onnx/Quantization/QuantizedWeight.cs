using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Onnx.Quantization;

/// <summary>
/// A layer's weight in 8 bits, its bias in 32: weight = scale[c] x stored, stored -127 to 127, with a scale for each output channel c;
/// bias = input scale x scale[c] x stored, the unit of the layer's integer sums. Scales are found, and both are rounded, while they are
/// written.
/// </summary>
internal sealed class QuantizedWeight
{
    /// <summary>The largest stored bias: products are yet to be added within 32 bits.</summary>
    private const int MaxStoredBias = 1 << 30;

    private readonly OnnxInitializer _weight;
    private readonly int _channelStep;
    private readonly Lazy<float[]> _scales;

    /// <summary>Of a weight, [out, in, kernel, kernel] or [in, out], and bias, [out], which are read when it is written.</summary>
    public QuantizedWeight(OnnxInitializer weight, OnnxInitializer? bias, int axis, float inputScale)
    {
        _weight = weight;
        _channelStep = (int)weight.Shape.Skip(axis + 1).Aggregate(1L, (size, dimension) => size * dimension);
        var channels = (int)weight.Shape[axis];
        _scales = new Lazy<float[]>(() => FindScales(channels, bias?.Floats!.ToArray(), inputScale));

        var name = weight.Name;
        Values = new OnnxInitializer(StoredName(name), OnnxElementType.Int8, weight.Shape, WriteValues) { IsWeight = true };
        Scales = new OnnxInitializer($"{name}.scale", [channels], Scaled(channels, 1)) { IsWeight = true };
        ZeroPoints = new OnnxInitializer(
            $"{name}.zero_point", OnnxElementType.Int8, [channels], destination => destination.Write(new byte[channels]));
        if (bias is null)
            return;
        var biasScales = Scaled(channels, inputScale);
        Bias = new OnnxInitializer($"{bias.Name}.stored", OnnxElementType.Int32, bias.Shape, destination =>
        {
            var scales = biasScales.ToArray();
            int[] stored = [.. bias.Floats!.ToArray().Select((value, channel) => (int)Math.Round(value / (double)scales[channel]))];
            destination.Write(MemoryMarshal.AsBytes(stored.AsSpan()));
        })
        {
            IsWeight = true,
        };
        BiasScales = new OnnxInitializer($"{bias.Name}.scale", bias.Shape, biasScales) { IsWeight = true };
    }

    /// <summary>The name of a weight as it is stored.</summary>
    public static string StoredName(string weight) => $"{weight}.stored";

    /// <summary>The stored weight, int8 of the weight's shape.</summary>
    public OnnxInitializer Values { get; }

    /// <summary>The weight's scales, float [out].</summary>
    public OnnxInitializer Scales { get; }

    /// <summary>The weight's zero points, all 0: int8 [out].</summary>
    public OnnxInitializer ZeroPoints { get; }

    /// <summary>The stored bias, int32 [out]; null where the layer has none.</summary>
    public OnnxInitializer? Bias { get; }

    /// <summary>The bias' scales, float [out].</summary>
    public OnnxInitializer? BiasScales { get; }

    private WeightTensor Scaled(int channels, float factor) =>
        new(channels, destination => TensorPrimitives.Multiply(_scales.Value, factor, destination));

    private float[] FindScales(int channels, float[]? bias, float inputScale)
    {
        var largest = new float[channels];
        using var values = _weight.Floats!.Read();
        for (var i = 0; i < values.Span.Length; i += _channelStep)
        {
            ref var ofChannel = ref largest[i / _channelStep % largest.Length];
            ofChannel = Math.Max(ofChannel, Math.Abs(TensorPrimitives.MaxMagnitude(values.Span.Slice(i, _channelStep))));
        }
        for (var channel = 0; channel < largest.Length; channel++)
        {
            var forBias = Math.Abs(bias?[channel] ?? 0) / ((double)inputScale * MaxStoredBias);
            var scale = (float)Math.Max((double)largest[channel] / sbyte.MaxValue, forBias);
            largest[channel] = scale > 0 ? scale : 1;
        }
        return largest;
    }

    private void WriteValues(Stream destination)
    {
        var scales = _scales.Value;
        using var values = _weight.Floats!.Read();
        var stored = MemoryMarshal.Cast<float, sbyte>(values.Span)[..values.Span.Length]; // in place: a quarter as large
        for (var i = 0; i < stored.Length; i++)
        {
            var rounded = MathF.Round(values.Span[i] / scales[i / _channelStep % scales.Length]);
            stored[i] = (sbyte)Math.Clamp(rounded, -sbyte.MaxValue, sbyte.MaxValue);
        }
        destination.Write(MemoryMarshal.AsBytes(stored));
    }
}
