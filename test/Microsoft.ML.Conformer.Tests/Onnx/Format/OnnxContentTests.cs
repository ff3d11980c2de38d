using Google.Protobuf;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Tests.Onnx.Format;

/// <summary>Files that would take a reader's time or memory out of relation to their size.</summary>
[TestClass]
public sealed class OnnxContentTests
{
    [TestMethod]
    public void MoreFieldsThanAnyNetworkHasAreRefused()
    {
        var nodes = Repeated(Field(GraphProto.NodeFieldNumber, []), 5_000_000);
        StringAssert.Contains(Fault(Field(ModelProto.GraphFieldNumber, nodes)), "fields");
    }

    [TestMethod]
    public void ATensorOfMoreThanANameAndAShapeIsRefused()
    {
        var entries = Repeated(Field(TensorProto.ExternalDataFieldNumber, []), 1000);
        StringAssert.Contains(
            Fault(Field(ModelProto.GraphFieldNumber, Field(GraphProto.InitializerFieldNumber, entries))), "tensor");
    }

    private static string Fault(byte[] onnx) => Assert.ThrowsExactly<FormatException>(() => OnnxContent.Read(onnx)).Message;

    private static byte[] Field(int number, byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        }
        return bytes.ToArray();
    }

    private static byte[] Repeated(byte[] field, int count) => [.. Enumerable.Repeat(field, count).SelectMany(bytes => bytes)];
}
