using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Onnx.Format;

[TestClass]
public sealed class OnnxGraphOutputsTests
{
    private const int Float16 = 10; // TensorProto.DataType

    private static readonly TrainedModel _model = ScoringModel.TrainedOn(Photo.View(new MLContext(), Photo.Set(3)));

    [TestMethod]
    public void AddedOutputsStandAfterTheFilesOwnAndAreAddedOnce()
    {
        var onnx = _model.ToOnnx();
        CollectionAssert.AreEqual(new[] { "Score" }, OnnxGraphOutputs.Names(onnx).ToArray());

        var more = OnnxGraphOutputs.Add(onnx, ["Score", "conv_embedding"]);

        CollectionAssert.AreEqual(new[] { "Score", "conv_embedding" }, OnnxGraphOutputs.Names(more).ToArray());
        CollectionAssert.AreEqual(onnx, more[..onnx.Length]);
        Assert.AreSame(more, OnnxGraphOutputs.Add(more, ["conv_embedding"]));
    }

    [TestMethod]
    public void BytesThatAreNoOnnxFileAreAFormatError()
    {
        var onnx = _model.ToOnnx();
        Assert.ThrowsExactly<FormatException>(() => OnnxGraphOutputs.Names(onnx[..^3]));
        Assert.ThrowsExactly<FormatException>(() => OnnxGraphOutputs.Names([0x3A, 0x7F, 1]));
    }

    [TestMethod]
    public void AValueThatTheGraphLacksIsAnError()
    {
        Assert.ThrowsExactly<OnnxRuntime.OnnxRuntimeException>(() => Open(OnnxGraphOutputs.Add(_model.ToOnnx(), ["absent"]), "absent"));
    }

    [TestMethod]
    public void AnOutputInHalfPrecisionIsAnErrorThatNamesThePrecision()
    {
        var onnx = AddNode(_model.ToOnnx(), "Cast", ["conv_embedding"], "embedding16", ("to", Float16));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Open(OnnxGraphOutputs.Add(onnx, ["embedding16"]), "embedding16"));

        StringAssert.Contains(error.Message, "'embedding16'");
        StringAssert.Contains(error.Message, "Float16");
    }

    /// <summary>A graph with one more operator, in the way that outputs are added.</summary>
    internal static byte[] AddNode(
        byte[] onnx, string operation, string[] inputs, string output, params (string Name, int Value)[] attributes) =>
        [.. onnx, .. ProtobufFields.Serialize(file => file.Message(7, graph => graph.Message(1, node =>
        {
            foreach (var input in inputs)
                node.String(1, input);
            node.String(2, output);
            node.String(4, operation);
            foreach (var (name, value) in attributes)
                node.Message(5, attribute =>
                {
                    attribute.String(1, name);
                    attribute.Int64(3, value);
                    attribute.Int64(20, 2);
                });
        })))];

    private static void Open(byte[] onnx, string output) =>
        new NetworkSession(
            new MLContext(), onnx, new NetworkInput(Photo.Side, new(), _model.InputKind), [output], new ScoringOptions(),
            typeof(ImageClassifierTransformer)).Dispose();
}
