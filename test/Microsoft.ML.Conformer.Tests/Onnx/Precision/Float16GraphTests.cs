using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Precision;
using Microsoft.ML.Conformer.Tests.Goldens;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Tests.Onnx.Precision;

[TestClass]
public sealed class Float16GraphTests
{
    private static readonly OnnxModel _float = Build(ExportedGraph.Micro, ExportedGraph.Settings(32, 32));

    [TestMethod]
    public void LogitsAndScoresStayWithinTheRoundingOf16Bits()
    {
        using ExportedGraph exact = new(_float), rounded = new(Float16Graph.Build(_float));
        // A value passes some 40 operators from the image to the logits, each of which rounds it by a relative 2^-11 at most.
        const double bound = 40.0 / 2048;
        for (var k = 0; k < 4; k++)
        {
            var image = Formula.Image(k, 32, 32);
            foreach (var output in (string[])["conv_logits", "tran_logits"])
            {
                var (expected, actual) = (exact.Run<float>(output, image, 1, 3, 32, 32), rounded.Run<float>(output, image, 1, 3, 32, 32));
                var allowed = bound * expected.Max(Math.Abs);
                for (var c = 0; c < expected.Length; c++)
                    Assert.AreEqual(expected[c], actual[c], allowed, $"{output} {c} of image {k}");
                CollectionAssert.AreNotEqual(expected, actual, "nothing was rounded");
            }
            var (scores, near) = (exact.Run<float>("Score", image, 1, 3, 32, 32), rounded.Run<float>("Score", image, 1, 3, 32, 32));
            Assert.AreEqual(1, near.Sum(), 1e-6, "the softmax is not in 32 bits");
            for (var c = 0; c < scores.Length; c++)
                Assert.AreEqual(scores[c], near[c], bound);
        }
    }

    [TestMethod]
    public void TheFileIsHalfTheSize()
    {
        var architecture = new ConformerArchitecture { NumClasses = 5, ChannelRatio = 0.5, EmbedDim = 192, NumHeads = 3, Depth = 3 };
        var model = Build(architecture, ExportedGraph.Settings(32, 32));
        var (full, half) = (ExportedGraph.Write(model).Length, ExportedGraph.Write(Float16Graph.Build(model)).Length);
        Assert.AreEqual(0.5, (double)half / full, 0.02);
    }

    [TestMethod]
    public void OnlyWhatPreparesTheImageAndWhatFollowsTheLogitsComputesIn32Bits()
    {
        var model = Build(ExportedGraph.Micro, ExportedGraph.Settings(72, 58) with { InputKind = OnnxInputKind.PixelsNhwc });
        var half = Float16Graph.Build(model);

        CollectionAssert.AreEquivalent(
            new[] { "image.mean" }, half.Initializers.Where(tensor => tensor.Type == OnnxElementType.Float)
                .Select(tensor => tensor.Name).Except(ResizeScales(half)).ToArray());
        var casts = half.Nodes.Where(node => node.OpType == "Cast").ToLookup(node => node.Attribute.Single().I);
        CollectionAssert.AreEqual(
            new[] { "image.centered" }, casts[(long)OnnxElementType.Float16].Select(node => node.Input[0]).ToArray());
        CollectionAssert.AreEquivalent(
            new[] { "logits", "conv_logits", "tran_logits" }, casts[(long)OnnxElementType.Float].Select(node => node.Output[0]).ToArray());
        CollectionAssert.AreEqual(model.Inputs.ToArray(), half.Inputs.ToArray());
        CollectionAssert.AreEqual(model.Outputs.ToArray(), half.Outputs.ToArray());
    }

    [TestMethod]
    public void AnInputThatTheGraphItselfMakesFloatsOfIsCastOnceMore()
    {
        var toFloats = new NodeProto("Cast", "floats", ["image"], ["floats"], [new AttributeProto("to", (long)OnnxElementType.Float)]);
        var model = _float with
        {
            Inputs = [new ValueInfoProto(_float.Inputs[0]) { ElementType = OnnxElementType.Uint8 }],
            Nodes = [toFloats, .. _float.Nodes.Select(
                node => node.With(node.Input.Select(input => input == "image" ? "floats" : input), node.Output))],
        };
        var first = Float16Graph.Build(model).Nodes.Single(node => node.Name == "conv1");
        CollectionAssert.AreEqual(new[] { "floats.float16", "conv1.weight.float16", "conv1.bias.float16" }, first.Input.ToArray());
    }

    [TestMethod]
    public void AWeightBeyondTheRangeIsAnErrorThatNamesIt()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro).Multiply("trans_cls_head.bias", 1e8);
        var model = OnnxExporter.Build(ExportedGraph.Micro, weights, ExportedGraph.Settings(32, 32));
        var error = Assert.ThrowsExactly<OnnxExportException>(() => ExportedGraph.Write(Float16Graph.Build(model)));
        StringAssert.Contains(error.Message, "'trans_cls_head.bias' is ");
        StringAssert.Contains(error.Message, "65504");
    }

    private static IEnumerable<string> ResizeScales(OnnxModel model) =>
        model.Nodes.Where(node => node.OpType == "Resize").Select(node => node.Input[2]);

    private static OnnxModel Build(ConformerArchitecture architecture, OnnxGraphSettings settings) =>
        OnnxExporter.Build(architecture, ExportedGraph.Weights(architecture), settings);
}
