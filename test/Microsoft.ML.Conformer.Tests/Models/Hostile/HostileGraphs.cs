using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using static Microsoft.ML.Conformer.Tests.Models.Hostile.ForeignMessages;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>Sound files whose graph, tensors or fields beside them were changed by somebody who knows the format.</summary>
internal static class HostileGraphs
{
    private const string Another = "Its graph is not the one", BesideDiffers = "fields beside its graph differ",
        NotFinite = "a network with such weights", InFile = "in another file";

    public static IEnumerable<HostileModel> All() => [.. Graphs(), .. Outside(), .. Tensors(), .. Weights(), .. Files()];

    /// <summary>A file with a weight that is no number.</summary>
    public static byte[] NotFiniteWeight() => Changed(SoundModels.Normalized, model => SetValue(Floats(model, "conv1.weight"), float.NaN));

    private static IEnumerable<HostileModel> Graphs() =>
    [
        Graph("function", BesideDiffers, model => model.MergeFrom(Function("f", "Identity"))),
        Graph("function-recursive", BesideDiffers, model =>
        {
            model.MergeFrom(Function("f", "f"));
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = "evil", Version = 1 });
            Replace(model, 3, new NodeProto("f", "f", model.Graph.Node[3].Input.Take(1), model.Graph.Node[3].Output, [], "evil"));
        }),
        Graph("function-laughs", BesideDiffers, model =>
        {
            for (var i = 0; i < 500; i++)
                model.MergeFrom(Function($"f{i}", $"f{i + 1}"));
        }),
        Graph("domain", "its operator 3 is evil", model => Replace(
            model, 3, new NodeProto("evil\u001b[31m", "n", model.Graph.Node[3].Input, model.Graph.Node[3].Output, [], "evil"))),
        Graph("loop", "its operator 3 is Loop", model => ReplaceBySubgraph(model, "Loop", "body")),
        Graph("if", "its operator 3 is If", model => ReplaceBySubgraph(model, "If", "then_branch", "else_branch")),
        Graph("scan", "its operator 3 is Scan", model => ReplaceBySubgraph(model, "Scan", "body")),
        Graph("subgraph-in-attribute", Another, model => model.Graph.Node[0].Attribute.Add(ForeignMessages.Graph("body", Nested(1)))),
        Graph("subgraphs-nested", "", model => model.Graph.Node[0].Attribute.Add(ForeignMessages.Graph("body", Nested(3000)))),
        Graph("node-added", "operators, where", model => model.Graph.Node.Add(new NodeProto("Identity", "i", ["Score"], ["other"], []))),
        Graph("nodes-many", "its graph takes", model => model.Graph.Node.Add(Enumerable.Range(0, 100_000)
            .Select(i => new NodeProto("Identity", "", ["Score"], [$"o{i}"], [])))),
        Graph("node-removed", Another, model => model.Graph.Node.RemoveAt(model.Graph.Node.Count - 1)),
        Graph("nodes-swapped", "its operator 1 is", model =>
        {
            var node = model.Graph.Node[1];
            model.Graph.Node.RemoveAt(1);
            model.Graph.Node.Insert(2, node);
        }),
        Graph("nodes-none", Another, model => model.Graph.Node.Clear()),
        Graph("attribute-changed", "its operator", model => model.Graph.Node.First(node => node.OpType == "Conv").Attribute
            .First(attribute => attribute.Ints.Count > 0).Ints[0] = 1L << 40),
        Graph("cycle", Another, model => model.Graph.Node[0].Input[0] = model.Graph.Node[^1].Output[0]),
        Graph("output-added", "its outputs are", model => model.Graph.Output.Add(
            new ValueInfoProto("other\u001b]0;x\a", OnnxElementType.Float, [1L << 40]))),
        Graph("outputs-5000", "inputs and outputs", model => model.Graph.Output.Add(Enumerable.Range(0, 5000)
            .Select(i => new ValueInfoProto($"o{i}", OnnxElementType.Float, [1])))),
        Graph("output-removed", Another, model => model.Graph.Output.RemoveAt(0)),
        Graph("output-shape", Another, model => model.Graph.Output[0].Type.TensorType.Shape.Dim[1].DimValue = 1L << 40),
        Graph("input-added", "its input is", model => model.Graph.Input.Add(new ValueInfoProto("other", OnnxElementType.Float, [1]))),
        Graph("input-shape", "its input is", model => model.Graph.Input[0].Type.TensorType.Shape.Dim[2].DimValue = 64),
        Graph("value-info", Another, model => model.Graph.ValueInfo.Add(new ValueInfoProto("Score", OnnxElementType.Int64, [7]))),
        Graph("graph-name", Another, model => model.Graph.Name = "other"),
        Graph("graph-text", Another, model => model.Graph.MergeFrom(Field(GraphDocString, "text"))),
        Graph("graph-sparse", Another, model => model.Graph.MergeFrom(Field(GraphSparse, model.Graph.Initializer[0].ToByteArray()))),
        Graph("graph-none", "", model => model.Graph = null),
        Graph("ir-99", BesideDiffers, model => model.IrVersion = 99),
        Graph("opset-99", BesideDiffers, model => model.OpsetImport[0].Version = 99),
        Graph("opset-0", BesideDiffers, model => model.OpsetImport[0].Version = 0),
        Graph("opset-domain", BesideDiffers, model => model.OpsetImport.Add(new OperatorSetIdProto { Domain = "evil", Version = 1 })),
        Graph("producer", "another program wrote", model => model.ProducerName = "\u001b[2J" + new string('x', 100_000)),
        Graph("model-domain", BesideDiffers, model => model.MergeFrom(Field(ModelDomain, "evil"))),
        Graph("model-text", BesideDiffers, model => model.MergeFrom(Field(ModelDocString, new string('x', 100_000)))),
        Graph("training", BesideDiffers, model => model.MergeFrom(Field(ModelTraining, Field(1, Nested(1))))),
    ];

    /// <summary>Values that are said to be in files.</summary>
    private static IEnumerable<HostileModel> Outside()
    {
        string[] locations =
        [
            "app.json", "./app.json", "sub/../app.json", "../secret.bin", "secret.bin", "fifo", "link.bin", "/etc/passwd", "/dev/zero",
            "/dev/stdin", "/proc/self/environ", "*/_ORT_MEM_ADDR_/*",
        ];
        foreach (var (location, i) in locations.Select((location, i) => (location, i)))
        {
            yield return Graph($"external-{i}", InFile, model => ReplaceTensor(model, tensor => External(tensor, location)));
            if (i % 3 == 0)
                yield return Graph($"external-constant-{i}", Another, model =>
                {
                    var tensor = External(model.Graph.Initializer[0], location);
                    model.Graph.Initializer.RemoveAt(0);
                    model.Graph.Node.Insert(0, new NodeProto("Constant", "c", [], [tensor.Name], [Tensor("value", tensor)]));
                });
            yield return Graph($"external-said-{i}", "Its weights are", model =>
            {
                model.MetadataProps.Add(new StringStringEntryProto { Key = OnnxExternalData.MetadataKey, Value = location });
                ReplaceTensor(model, tensor => External(tensor, location));
            });
        }
        yield return Graph("external-and-inside", InFile, model => ReplaceTensor(model, tensor =>
        {
            var both = External(tensor, "app.json");
            both.RawData = tensor.RawData;
            return both;
        }));
        yield return Graph("external-far", InFile, model => ReplaceTensor(model, tensor => External(tensor, "app.json", $"{1L << 62}")));
        yield return Graph("external-before", InFile, model => ReplaceTensor(model, tensor => External(tensor, "app.json", "-8")));
    }

    private static IEnumerable<HostileModel> Tensors() =>
    [
        Values("dimension-huge", Another, tensor => tensor.Dims[0] = 1L << 40),
        Values("dimension-largest", Another, tensor => tensor.Dims[0] = long.MaxValue),
        Values("dimension-negative", Another, tensor => tensor.Dims[0] = -1),
        Values("dimensions-overflow", Another, tensor => Enumerable.Range(0, 8).ToList().ForEach(_ => tensor.Dims.Add(1L << 32))),
        Values("dimensions-many", "more than 1,024 bytes", tensor => tensor.Dims.Add(Enumerable.Repeat(1L, 10_000))),
        Values("dimensions-too-many", "shape of a tensor", tensor => tensor.Dims.Add(Enumerable.Repeat(1L << 60, 100_000))),
        Values("dimensions-none", Another, tensor => tensor.Dims.Clear()),
        Values("values-none", "has 0 bytes", tensor => tensor.ClearRawData()),
        Values("values-short", "bytes where", tensor => tensor.RawData = ByteString.CopyFrom(tensor.RawData.Span[4..])),
        Values("values-long", "bytes where", tensor => tensor.RawData = ByteString.CopyFrom([.. tensor.RawData.Span, 0, 0, 0, 0])),
        Values("values-twice", "more than 1,024 bytes", tensor => tensor.MergeFrom(Field(TensorFloats, tensor.RawData.ToByteArray()))),
        Values("type-text", Another, tensor => tensor.DataType = (int)OnnxElementType.String),
        Values("type-99", Another, tensor => tensor.DataType = 99),
        Values("tensor-text", Another, tensor => tensor.MergeFrom(Field(TensorDocString, "text"))),
        Values("tensor-renamed", "is missing", tensor => tensor.Name = "other\u001b[31m"),
        Graph("tensor-twice", "two tensors named", model => model.Graph.Initializer.Add(model.Graph.Initializer[0])),
        Graph("tensor-added", "tensors, where", model => model.Graph.Initializer.Add(
            new TensorProto { Name = "other", DataType = (int)OnnxElementType.Float, Dims = { 1L << 40 } })),
        Graph("tensor-removed", "is missing", model => model.Graph.Initializer.RemoveAt(0)),
        Graph("tensors-none", "cannot hold the network", model => model.Graph.Initializer.Clear()),
        Graph("tensors-many", "tensors", model => model.Graph.Initializer.Add(Enumerable.Range(0, 210_000)
            .Select(i => new TensorProto { Name = $"t{i}", DataType = 1 }))),
        Graph("tensor-name-long", "more than 1,024 bytes", model => model.Graph.Initializer[0].Name = new string('\u202e', 20_000)),
    ];

    private static IEnumerable<HostileModel> Weights()
    {
        foreach (var (name, value) in (IEnumerable<(string, float)>)[("nan", float.NaN), ("infinite", float.NegativeInfinity)])
            foreach (var form in (string[])[SoundModels.Normalized, SoundModels.Pixels, SoundModels.Photos])
                yield return Weight($"weight-{name}-{form}", NotFinite, form, model => Floats(model, "conv1.weight"), value);
        foreach (var (name, value) in (IEnumerable<(string, float)>)
            [("nan", float.NaN), ("infinite", float.PositiveInfinity), ("0", 0), ("negative", -1)])
        {
            yield return Weight($"scale-{name}", "no scale", SoundModels.Int8, model => model.Graph.Initializer.First(tensor =>
                tensor.Name.Contains("scale", StringComparison.Ordinal) && tensor.RawData.Length == sizeof(float)), value);
            yield return Weight($"scales-{name}", "no scale", SoundModels.Int8, model => model.Graph.Initializer.First(tensor =>
                tensor.Name.Contains("scale", StringComparison.Ordinal) && tensor.RawData.Length > sizeof(float)), value);
        }
        yield return new HostileModel("weight-infinite-float16.onnx", NotFinite, () => Changed(SoundModels.Float16, model =>
            SetValue(model.Graph.Initializer.Where(tensor => tensor.DataType == (int)OnnxElementType.Float16).MaxBy(t => t.RawData.Length)!,
                Half.PositiveInfinity)));
    }

    /// <summary>Files that are no message, or one that says the same in two ways.</summary>
    private static IEnumerable<HostileModel> Files()
    {
        static byte[] Sound() => SoundModels.Of(SoundModels.Normalized);
        static byte[] Without() => Changed(SoundModels.Normalized, _ => { });
        yield return new HostileModel("as-written.onnx", null, Sound);
        yield return new HostileModel("without-checksum.onnx", null, Without);
        yield return new HostileModel("checksum-twice.onnx", "two checksums", () => [.. Sound(), .. Sound()[^OnnxChecksum.Length..]]);
        yield return new HostileModel("checksum-wrong.onnx", "checksum", () => [.. Sound()[..^1], (byte)'x']);
        yield return new HostileModel("checksum-short.onnx", "checksum", () => OnnxEntries.With(Sound(), OnnxChecksum.Key, "00"));
        yield return new HostileModel("behind-checksum.onnx", "checksum", () => [.. Sound(), .. Field(ModelDocString, "text")]);
        yield return new HostileModel("twice.onnx", "two tensors", () => [.. Without(), .. Without()]);
        yield return new HostileModel("second-graph.onnx", Another,
            () => [.. Without(), .. Field(ModelProto.GraphFieldNumber, Field(1, new NodeProto("Loop", "l", [], ["x"], []).ToByteArray()))]);
        yield return new HostileModel("group.onnx", "at byte", () => [.. Without(), 0x9B, 0x06, 0x9C, 0x06]);
        yield return new HostileModel("behind.onnx", "no ONNX file", () => [.. Without(), 0xFF, 0xFF]);
        yield return new HostileModel("length-huge.onnx", "no ONNX file",
            () => [.. Without(), 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
        yield return new HostileModel("number-as-graph.onnx", "", () => [.. Without(), 0x38, 0x01]);
        yield return new HostileModel("producer-alone.onnx", "metadata entry", () => Field(2, OnnxModel.Producer));
        yield return new HostileModel("fields-many.onnx", "fields beside its graph",
            () => [.. Without(), .. Enumerable.Repeat((byte[])[0x98, 0x06, 0x01], 1_000_000).SelectMany(bytes => bytes)]);
    }

    private static HostileModel Graph(string name, string says, Action<ModelProto> change) =>
        new($"{name}.onnx", says, () => Changed(SoundModels.Normalized, change));

    private static HostileModel Values(string name, string says, Action<TensorProto> change) =>
        Graph(name, says, model => change(Floats(model, "conv1.weight")));

    private static HostileModel Weight(string name, string says, string form, Func<ModelProto, TensorProto> find, float value) =>
        new($"{name}.onnx", says, () => Changed(form, model => SetValue(find(model), value)));

    private static byte[] Changed(string form, Action<ModelProto> change) => OnnxEntries.Changed(SoundModels.Of(form), change);

    private static TensorProto Floats(ModelProto model, string name) => model.Graph.Initializer.Single(tensor => tensor.Name == name);

    private static void SetValue<T>(TensorProto tensor, T value) where T : unmanaged
    {
        var bytes = tensor.RawData.ToByteArray();
        MemoryMarshal.Write(bytes.AsSpan(bytes.Length - Unsafe.SizeOf<T>()), value);
        tensor.RawData = ByteString.CopyFrom(bytes);
    }

    private static void Replace(ModelProto model, int index, NodeProto node) => model.Graph.Node[index] = node;

    private static void ReplaceBySubgraph(ModelProto model, string opType, params IEnumerable<string> attributes)
    {
        var old = model.Graph.Node[3];
        Replace(model, 3, new NodeProto(opType, old.Name, old.Input, old.Output,
            attributes.Select(name => ForeignMessages.Graph(name, Nested(1)))));
    }

    private static void ReplaceTensor(ModelProto model, Func<TensorProto, TensorProto> change)
    {
        var index = model.Graph.Initializer.IndexOf(Floats(model, "conv1.weight"));
        model.Graph.Initializer[index] = change(model.Graph.Initializer[index]);
    }
}
