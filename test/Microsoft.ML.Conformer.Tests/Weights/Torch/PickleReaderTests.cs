using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights.Torch;

[TestClass]
public sealed class PickleReaderTests
{
    [TestMethod]
    public void AGlobalOutsideTheTableIsNamedTogetherWithTheTensor()
    {
        var pickle = new PickleWriter().Code("}").Text("conv1.weight").Global("torch._utils", "_rebuild_tensor_v2").Code("(")
            .Global("nt", "system").Text("calc").Raw(0x85).Code("RtRs").Stop();
        var exception = Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(TorchFile.Zip(pickle)));
        Assert.AreEqual("nt.system", exception.PickledGlobal);
        Assert.AreEqual("conv1.weight", exception.Tensor);
        StringAssert.Contains(exception.Message, "nt.system");
        StringAssert.Contains(exception.Message, "conv1.weight");
    }

    [TestMethod]
    [DataRow("builtins", "getattr")]
    [DataRow("torch.storage", "_load_from_bytes")]
    [DataRow("torch", "load")]
    [DataRow("torch", "_utils._rebuild_tensor_v2")]
    [DataRow("torch._utils", "_rebuild_tensor_v2.__globals__")]
    [DataRow("numpy.core.multiarray", "_reconstruct")]
    [DataRow("collections", "OrderedDict ")]
    [DataRow("Collections", "OrderedDict")]
    public void AnyOtherSpellingOfANameIsForeign(string module, string name)
    {
        var global = new PickleWriter().Global(module, name).Code(")R.").ToArray();
        Assert.AreEqual($"{module}.{name}", ((PickledObject)Read(global)!).Type.ToString());
        var stackGlobal = new PickleWriter().Text(module).Text(name).Raw(0x93).Code(")R.").ToArray();
        Assert.AreEqual($"{module}.{name}", ((PickledObject)Read(stackGlobal)!).Type.ToString());
        var exception = Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(TorchFile.Zip(stackGlobal)));
        Assert.AreEqual($"{module}.{name}", exception.PickledGlobal);
    }

    [TestMethod]
    [DataRow("INST", "(ios\nsystem\n")]
    [DataRow("POP_MARK after a call", "(cos\nsystem\nU\u0001a\u0085R1")]
    [DataRow("POP after a call", "cos\nsystem\nU\u0001a\u0085R0")]
    public void ACallThatLeavesNoTraceInTheValueIsRefused(string what, string opcodes) =>
        Assert.AreEqual("os.system", Refused(new PickleWriter().Code("}" + opcodes + ".").ToArray()).PickledGlobal, what);

    [TestMethod]
    [Timeout(Patience.Milliseconds)]
    public void ManyTensorsOfOneLargeTupleCostNoMoreThanOthers()
    {
        var pickle = new PickleWriter().Code("]").Global("torch._utils", "_rebuild_tensor_v2").Code("q").Raw(1).Code("a(")
            .Storage("FloatStorage", "0", 1).Integer(0).Integers([1]).Integers([1]).Code(new string('N', 60_000)).Code("tq").Raw(2).Code("a");
        for (var i = 0; i < 100_000; i++)
            pickle.Code("h").Raw(1).Code("h").Raw(2).Code("Ra");
        Refused(pickle.Raw(0xff).ToArray());
    }

    [TestMethod]
    public void ObjectsOfOtherClassesTakeItemsAndStateAndStayInert()
    {
        var pickle = new PickleWriter().Raw(0x80, 4).Code("](")
            .Global("collections", "defaultdict").Global("builtins", "list").Raw(0x85).Code("R(K").Raw(1).Code("]u")
            .Global("collections", "deque").Code(")R(K").Raw(1, (byte)'K', 2).Code("e")
            .Global("pathlib", "PosixPath").Text("/x").Raw(0x85).Code("R")
            .Global("a.b", "Thing").Code(")}").Raw(0x92).Code("}").Text("x").Code("Nsb")
            .Code("(K").Raw(3, 0x91).Raw(0x96, 1, 0, 0, 0, 0, 0, 0, 0, 7).Code("e").Stop();
        var items = ((PickledList)Read(pickle)!).Items;
        CollectionAssert.AreEqual(
            new[] { "collections.defaultdict", "collections.deque", "pathlib.PosixPath", "a.b.Thing" },
            items.Take(4).Select(item => ((PickledObject)item!).Type.ToString()).ToArray());
        Assert.AreEqual(3L, ((PickledTuple)items[4]!).Items.Single());
        CollectionAssert.AreEqual(new byte[] { 7 }, (byte[])items[5]!);
    }

    [TestMethod]
    [Timeout(Patience.Milliseconds)]
    public void TheSearchForTheTensorsNameIsBounded()
    {
        var pickle = new PickleWriter().Global("torch", "FloatStorage").Code("q").Raw(0);
        for (var i = 0; i < 65_000; i++)
            pickle.Code("h").Raw(0);
        Refused(pickle.Code(new string('(', 1_800_000)).Raw(0xff).ToArray());
    }

    [TestMethod]
    [Timeout(Patience.Milliseconds)]
    public void MemoNumbersThatShareABucketCostNoMoreThanOthers()
    {
        const uint buckets = 36_353; // of a dictionary with 30,000 entries
        var pickle = new PickleWriter().Code("]N");
        for (var i = 1u; i <= 30_000; i++)
            pickle.Code("r").Raw(BitConverter.GetBytes(i * buckets));
        pickle.Code("a");
        for (var i = 0; i < 900_000; i++)
            pickle.Code("j").Raw(BitConverter.GetBytes(buckets)).Code("a");
        Refused(pickle.Raw(0xff).ToArray());
    }

    [TestMethod]
    public void AllowedGlobalsAreOnlyUsedForWhatTheyAre()
    {
        Refused(new PickleWriter().Global("torch", "FloatStorage").Code(")R.").ToArray());
        Refused(new PickleWriter().Global("torch._utils", "_rebuild_tensor_v2").Code(")R.").ToArray());
        Refused(new PickleWriter().Global("torch._utils", "_rebuild_parameter").Code("N").Raw(0x85).Code("R.").ToArray());
        Refused(new PickleWriter().Global("collections", "OrderedDict").Code("]").Raw(0x85).Code("R.").ToArray());
        Refused(new PickleWriter().Code("]}b.").ToArray());
        Refused(new PickleWriter().Code("}}b}b.").ToArray());
    }

    [TestMethod]
    public void AnAllowedObjectStaysInert()
    {
        var pickle = new PickleWriter().Global("argparse", "Namespace").Code(")").Raw(0x81)
            .Code("}").Text("lr").Integer(3).Code("sb.").ToArray();
        var value = (PickledObject)Read(pickle)!;
        Assert.AreEqual("argparse.Namespace", value.Type.ToString());
        Assert.IsTrue(((PickledDictionary)value.State!).TryGet("lr", out var rate));
        Assert.AreEqual(3L, rate);
    }

    [TestMethod]
    public void NewerProtocolsAreRead()
    {
        // FRAME, SHORT_BINUNICODE, MEMOIZE, BINUNICODE8, SHORT_BINBYTES, EMPTY_SET, ADDITEMS
        var pickle = new PickleWriter().Raw(0x80, 4, 0x95, 5, 0, 0, 0, 0, 0, 0, 0).Code("]").Raw(0x94)
            .Code("(").Raw(0x8c, 1, (byte)'a', 0x94).Raw(0x8d, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'b').Code("C").Raw(1, 7)
            .Raw(0x8f).Code("(K").Raw(1, 0x90).Code("h").Raw(1).Code("e.").ToArray();
        var items = ((PickledList)Read(pickle)!).Items;
        CollectionAssert.AreEqual(new object[] { "a", "b", "a" }, new[] { items[0], items[1], items[4] });
        CollectionAssert.AreEqual(new byte[] { 7 }, (byte[])items[2]!);
        Assert.AreEqual(1L, ((PickledList)items[3]!).Items[0]);
    }

    [TestMethod]
    [DataRow(new byte[] { 0x8a, 0 }, 0L)]
    [DataRow(new byte[] { 0x8a, 1, 0xff }, -1L)]
    [DataRow(new byte[] { 0x8a, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }, long.MaxValue)]
    [DataRow(new byte[] { 0x8b, 2, 0, 0, 0, 0x39, 0x30 }, 12345L)]
    [DataRow(new byte[] { (byte)'J', 0xfe, 0xff, 0xff, 0xff }, -2L)]
    [DataRow(new byte[] { (byte)'M', 0x39, 0x30 }, 12345L)]
    public void IntegersAreRead(byte[] opcode, long expected) =>
        Assert.AreEqual(expected, Read(new PickleWriter().Raw(opcode).Code(".").ToArray()));

    [TestMethod]
    [DataRow("empty list after list", "]]", "values")]
    [DataRow("mark left open", "((]", "values")]
    [DataRow("tuple without mark", "t", "no mark")]
    [DataRow("append to a number", "K\u0001K\u0001a", "as if it were a list")]
    [DataRow("key without value", "}(K\u0001u", "without a value")]
    [DataRow("pop through a mark", "K\u0001(\u0085", "too few values")]
    [DataRow("call of a text", "U\u0001a)R", "calls")]
    public void MalformedPicklesAreRefused(string what, string opcodes, string reason) =>
        StringAssert.Contains(Refused(new PickleWriter().Code(opcodes + ".").ToArray()).Message, reason, what);

    [TestMethod]
    public void HostileSizesCostNoMemory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused([0x80, 2, (byte)'B', 0xff, 0xff, 0xff, 0x7f]);
        Refused([0x80, 2, 0x8e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        Refused(new PickleWriter().Code("c" + new string('a', 100_000)).ToArray());
        Refused(new PickleWriter().Raw(Enumerable.Repeat((byte)']', 1_000_000).ToArray()).Stop());
        Refused(new PickleWriter().Code("]").Raw([.. Enumerable.Repeat("Na"u8.ToArray(), 1_500_000).SelectMany(pair => pair)]).Stop());
        Assert.IsTrue(GC.GetAllocatedBytesForCurrentThread() - before < 400 << 20);
    }

    [TestMethod]
    public void AListInsideItselfIsNoLoop()
    {
        var value = (PickledList)Read(new PickleWriter().Code("]q").Raw(0).Code("h").Raw(0).Code("a.").ToArray())!;
        Assert.AreSame(value, value.Items[0]);
    }

    private static object? Read(byte[] pickle) =>
        PickleReader.Read(new PickleInput(ByteSource.FromMemory("test.pkl", pickle), 0), []);

    private static CheckpointFormatException Refused(byte[] pickle) =>
        Assert.ThrowsExactly<CheckpointFormatException>(() => Read(pickle));
}
