using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Quantization;

namespace Microsoft.ML.Conformer.Tests.Onnx.Quantization;

[TestClass]
public sealed class QuantizedWeightTests
{
    private const int Inputs = 7, Outputs = 4;

    private readonly Random _random = new(3);

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    public void EveryWeightIsStoredToHalfItsChannelsScale(int axis)
    {
        var values = Values(Inputs * Outputs);
        long[] shape = axis == 0 ? [Outputs, Inputs] : [Inputs, Outputs];
        int Channel(int i) => axis == 0 ? i / Inputs : i % Outputs;
        for (var i = 0; i < values.Length; i++)
            values[i] *= MathF.Pow(10, Channel(i)); // channels of very different size

        var quantized = new QuantizedWeight(new OnnxInitializer("w", shape, values), bias: null, axis, inputScale: 0.1f);

        var (stored, scales) = (Read<sbyte>(quantized.Values), Read<float>(quantized.Scales));
        for (var i = 0; i < values.Length; i++)
            Assert.AreEqual(values[i], scales[Channel(i)] * stored[i], 0.5001 * scales[Channel(i)], $"element {i}");
        for (var channel = 0; channel < Outputs; channel++)
        {
            var ofChannel = stored.Where((_, i) => Channel(i) == channel).ToArray();
            Assert.AreEqual(sbyte.MaxValue, ofChannel.Max(value => Math.Abs((int)value)), $"channel {channel} does not use its range");
        }
        Assert.IsTrue(Read<sbyte>(quantized.ZeroPoints).All(value => value == 0));
        Assert.IsNull(quantized.Bias);
    }

    [TestMethod]
    public void BiasesAreStoredInTheUnitOfTheIntegerSums()
    {
        var (values, biases) = (Values(Inputs * Outputs), Values(Outputs));
        biases[2] = 1e9f; // beyond 32 bits of that unit: the weight's scale grows
        const float inputScale = 0.02f;

        var quantized = new QuantizedWeight(
            new OnnxInitializer("w", [Outputs, Inputs], values), new OnnxInitializer("b", [Outputs], biases), axis: 0, inputScale);

        var (stored, scales) = (Read<int>(quantized.Bias!), Read<float>(quantized.BiasScales!));
        var weightScales = Read<float>(quantized.Scales);
        for (var channel = 0; channel < Outputs; channel++)
        {
            Assert.AreEqual(inputScale * weightScales[channel], scales[channel]);
            // Half a step, and where the number is large a float's own rounding.
            var allowed = 0.5 * scales[channel] + 1e-6 * Math.Abs(biases[channel]);
            Assert.AreEqual(biases[channel], (double)scales[channel] * stored[channel], allowed);
            Assert.IsTrue(Math.Abs((long)stored[channel]) <= (1 << 30) + 128, $"{stored[channel]} leaves no room for products");
        }
    }

    [TestMethod]
    public void AChannelOfZerosHasAUsableScale()
    {
        var quantized = new QuantizedWeight(
            new OnnxInitializer("w", [2, 2], (WeightTensor)(float[])[0, 0, 1, -1]), bias: null, axis: 0, inputScale: 1);
        CollectionAssert.AreEqual(new[] { 1f, 1f / 127 }, Read<float>(quantized.Scales));
        CollectionAssert.AreEqual(new sbyte[] { 0, 0, 127, -127 }, Read<sbyte>(quantized.Values));
    }

    [TestMethod]
    [DataRow(-1f, 3f)]
    [DataRow(0.5f, 3f)]
    [DataRow(-3f, -0.5f)]
    [DataRow(-1e-3f, 1e4f)]
    public void AnActivationsRangeAndZeroAreCoveredByTheFinestSteps(float minimum, float maximum)
    {
        var (scale, zeroPoint) = ActivationQuantization.Of(minimum, maximum);
        var (low, high) = (Math.Min(minimum, 0), Math.Max(maximum, 0));
        Assert.AreEqual((high - low) / 255, scale, 1e-6 * scale);
        Assert.AreEqual(low, scale * (0 - zeroPoint), 0.501 * scale);
        Assert.AreEqual(high, scale * (255 - zeroPoint), 0.501 * scale);
    }

    [TestMethod]
    public void AnActivationThatIsNeverNegativeHasZeroPointZero()
    {
        Assert.AreEqual(0, ActivationQuantization.Of(0, 5).ZeroPoint);
        Assert.AreEqual(new ActivationQuantization(1e-10f, 0), ActivationQuantization.Of(0, 0));
    }

    private static T[] Read<T>(OnnxInitializer tensor) where T : unmanaged
    {
        using var stream = new MemoryStream();
        tensor.WriteValues(stream);
        Assert.AreEqual(tensor.ByteLength, stream.Length);
        return MemoryMarshal.Cast<byte, T>(stream.ToArray()).ToArray();
    }

    private float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(_random.NextDouble() * 2 - 1))];
}
