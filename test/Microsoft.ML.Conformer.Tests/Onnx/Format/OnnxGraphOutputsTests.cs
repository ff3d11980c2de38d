using Google.Protobuf;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Onnx.Format;

[TestClass]
public sealed class OnnxGraphOutputsTests
{
    private static readonly TrainedModel _model = ScoringModel.TrainedOn(Photo.View(new MLContext(), Photo.Set(3)));

    [TestMethod]
    public void AddedOutputsStandAfterTheFilesOwnAndAreAddedOnce()
    {
        var onnx = _model.ToOnnx();
        CollectionAssert.AreEqual(new[] { "Score" }, OnnxContent.Read(onnx).Outputs.Select(output => output.Name).ToArray());

        var more = OnnxGraphOutputs.Add(onnx, ["Score", "conv_embedding"]);

        var content = OnnxContent.Read(more);
        CollectionAssert.AreEqual(new[] { "Score", "conv_embedding" }, content.Outputs.Select(output => output.Name).ToArray());
        content.VerifyChecksum(CancellationToken.None);
        var before = onnx.Length - OnnxChecksum.Length;
        CollectionAssert.AreEqual(onnx[..before], more[..before]);
        Assert.AreSame(more, OnnxGraphOutputs.Add(more, ["conv_embedding"]));
    }

    [TestMethod]
    public void BytesThatAreNoOnnxFileAreAFormatError()
    {
        var onnx = _model.ToOnnx();
        Assert.ThrowsExactly<FormatException>(() => OnnxContent.Read(onnx[..^3]));
        Assert.ThrowsExactly<FormatException>(() => OnnxContent.Read([0x3A, 0x7F, 1]));
    }

    [TestMethod]
    public void AValueThatTheGraphLacksIsAnError()
    {
        Assert.ThrowsExactly<OnnxRuntime.OnnxRuntimeException>(() => Open(OnnxGraphOutputs.Add(_model.ToOnnx(), ["absent"]), "absent"));
    }

    [TestMethod]
    public void AnOutputInHalfPrecisionIsAnErrorThatNamesThePrecision()
    {
        var onnx = AddNode(
            _model.ToOnnx(), "Cast", ["conv_embedding"], "embedding16", new AttributeProto("to", (long)TensorProto.Types.DataType.Float16));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Open(OnnxGraphOutputs.Add(onnx, ["embedding16"]), "embedding16"));

        StringAssert.Contains(error.Message, "'embedding16'");
        StringAssert.Contains(error.Message, "Float16");
    }

    /// <summary>A graph with one more operator, in the way that outputs are added.</summary>
    internal static byte[] AddNode(byte[] onnx, string operation, string[] inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto(operation, output, inputs, [output], attributes);
        return [.. onnx, .. new ModelProto { Graph = new GraphProto { Node = { node } } }.ToByteArray()];
    }

    private static void Open(byte[] onnx, string output) =>
        new NetworkSession(
            new MLContext(), onnx, new NetworkInput(Photo.Side, new(), _model.InputKind), [output], new ScoringOptions(),
            typeof(ImageClassifierTransformer)).Dispose();
}
