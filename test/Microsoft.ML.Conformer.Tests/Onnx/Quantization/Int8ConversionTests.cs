using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.OnnxRuntime;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Tests.Onnx.Quantization;

[TestClass]
public sealed class Int8ConversionTests
{
    private const int Side = 64, ImageCount = 24;

    private static readonly string[] _outerLayers = ["conv1.weight", "conv_cls_head.weight", "trans_cls_head.weight"];

    private static readonly OnnxModel _float =
        OnnxExporter.Build(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), ExportedGraph.Settings(Side, Side));

    [TestMethod]
    public void ScoresStayNearOnTheImagesMeasured()
    {
        var conversion = Int8Conversion.Of(_float, Images);
        using ExportedGraph exact = new(_float), rounded = new(conversion.Model);
        var same = 0;
        for (var k = 0; k < ImageCount; k++)
        {
            var image = Formula.Image(k, Side, Side);
            var expected = exact.Run<float>("Score", image, 1, 3, Side, Side);
            var actual = rounded.Run<float>("Score", image, 1, 3, Side, Side);
            // Steps are 1/255 of a range; a value passes some 20 roundings on its way, whose errors of half a step mostly cancel.
            for (var c = 0; c < expected.Length; c++)
                Assert.AreEqual(expected[c], actual[c], 20 * 0.5 / 255, $"class {c} of image {k}");
            same += Array.IndexOf(expected, expected.Max()) == Array.IndexOf(actual, actual.Max()) ? 1 : 0;
        }
        Assert.AreEqual((double)same / ImageCount, conversion.Agreement);
    }

    [TestMethod]
    public void EveryConvolutionLinearLayerAndSumOfMapsTakesStoredValues()
    {
        var model = Int8Conversion.Of(_float, Images, requiredAgreement: 0).Model;
        var links = new GraphLinks(model);
        int Stored(string opType, int inputs) => model.Nodes.Count(
            node => node.OpType == opType && node.Input.Take(inputs).All(input => links.Producer(input)?.OpType == "DequantizeLinear"));
        int Float(string opType) => _float.Nodes.Count(node => node.OpType == opType);
        Assert.AreEqual(Float("Conv") + Float("AveragePool"), Stored("Conv", inputs: 2), "convolutions, of which some average");
        Assert.AreEqual(Float("Gemm"), Stored("Gemm", inputs: 2), "linear layers");
        Assert.IsFalse(model.Nodes.Any(node => node.OpType is "AveragePool" or "Resize"));
        // The first block's sum, and in each of two couplings those of two blocks and of tokens and map.
        Assert.AreEqual(1 + 2 * 3, Stored("Add", inputs: 2), "sums");
    }

    [TestMethod]
    public void OnlyStandardOperatorsAreInTheFile()
    {
        var nodes = Int8Conversion.Of(_float, Images).Model.Nodes;
        Assert.IsTrue(nodes.All(node => node.Domain.Length == 0));
        CollectionAssert.AreEquivalent(
            new[] { "DequantizeLinear", "QuantizeLinear", "Unsqueeze" },
            nodes.Select(node => node.OpType).Distinct().Except(_float.Nodes.Select(node => node.OpType)).ToArray());
    }

    [TestMethod]
    public void TheSameImagesGiveTheSameBytes() => CollectionAssert.AreEqual(
        ExportedGraph.Write(Int8Conversion.Of(_float, Images).Model), ExportedGraph.Write(Int8Conversion.Of(_float, Images).Model));

    [TestMethod]
    public void FirstAndLastLayersStayFloatWhereTooFewImagesGetTheSameClass()
    {
        var everything = Int8Conversion.Of(_float, Images, requiredAgreement: 0);
        var careful = Int8Conversion.Of(_float, Images, requiredAgreement: 1.01);

        CollectionAssert.AreEqual(Array.Empty<string>(), FloatWeights(everything.Model));
        CollectionAssert.AreEquivalent(_outerLayers, FloatWeights(careful.Model));
    }

    [TestMethod]
    public void AValueInsideThatIsAnOutputTooIsGivenRoundedToItsRange()
    {
        const string map = "conv_trans_2.fusion_block.relu"; // computed in integers
        var model = _float with { Outputs = [.. _float.Outputs, new ValueInfoProto(map, OnnxElementType.Float, shape: null)] };
        using ExportedGraph exact = new(model), rounded = new(Int8Conversion.Of(model, Images).Model);
        var image = Formula.Image(0, Side, Side);
        var (expected, actual) = (exact.Run<float>(map, image, 1, 3, Side, Side), rounded.Run<float>(map, image, 1, 3, Side, Side));

        Assert.AreEqual(expected.Length, actual.Length);
        Assert.IsTrue(actual.Distinct().Count() <= 256, "not stored in 8 bits");
        var difference = Math.Sqrt(expected.Zip(actual, (a, b) => Math.Pow(a - b, 2)).Sum() / expected.Sum(value => value * value));
        Assert.IsTrue(difference < 20 * 0.5 / 255, $"relative difference {difference}");
    }

    [TestMethod]
    public void WithoutImagesNothingCanBeMeasured() => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidOperationException>(() => Int8Conversion.Of(_float, () => [])).Message, "no images");

    [TestMethod]
    public void AValueThatIsNotFiniteIsAnErrorThatNamesIt()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro)
            .Multiply("conv_1.conv1.weight", 1e25).Multiply("conv_1.conv2.weight", 1e25);
        var model = OnnxExporter.Build(ExportedGraph.Micro, weights, ExportedGraph.Settings(Side, Side));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Int8Conversion.Of(model, Images));
        StringAssert.Contains(error.Message, "'conv_1.conv2.relu'");
    }

    private static string[] FloatWeights(OnnxModel model) => [.. model.Nodes
        .Where(node => node.OpType is "Conv" or "Gemm").Select(node => node.Input[1])
        .Where(weight => model.Initializers.Any(tensor => tensor.Name == weight && tensor.Type == OnnxElementType.Float))];

    private static IEnumerable<OrtValue> Images()
    {
        for (var k = 0; k < ImageCount; k++)
            yield return OrtValue.CreateTensorValueFromMemory(Formula.Image(k, Side, Side), [1, 3, Side, Side]);
    }
}
