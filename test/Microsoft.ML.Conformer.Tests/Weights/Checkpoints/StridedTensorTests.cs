using Microsoft.ML.Conformer.Tests.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights.Checkpoints;

/// <summary>Tensors whose elements are out of order in their storage, against indexing element by element.</summary>
[TestClass]
public sealed class StridedTensorTests
{
    [TestMethod]
    public void RandomViewsGiveWhatIndexingGives()
    {
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var rank = random.Next(0, 5);
            var shape = Enumerable.Range(0, rank).Select(_ => (long)random.Next(1, 6)).ToArray();
            var strides = new long[rank];
            var extent = 1L;
            foreach (var d in Enumerable.Range(0, rank).OrderBy(_ => random.Next()))
            {
                strides[d] = random.Next(8) == 0 ? 0 : extent + random.Next(0, 3);
                extent += (shape[d] - 1) * strides[d];
            }
            Check(shape, strides, offset: random.Next(0, 4));
        }
    }

    [TestMethod]
    public void LargeTransposedAndSlicedTensorsGiveWhatIndexingGives()
    {
        Check([600, 700], [1, 600], 0);
        Check([300, 3], [2000, 1], 5);
        Check([40], [20_000], 1);
        Check([3], [400_000], 2);
        Check([2, 3, 50], [1, 400_000, 7_000], 0);
        Check([64, 32, 3, 3], [288, 1, 96, 32], 0);
    }

    [TestMethod]
    public void TypesOtherThanFp32AreGatheredToo()
    {
        var stored = Enumerable.Range(0, 6).Select(i => (Half)i).ToArray();
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<Half>(stored).ToArray();
        var pickle = new PickleWriter().Code("}").Text("w").Tensor("HalfStorage", "0", 6, 0, [3, 2], [1, 3]).Code("s").Stop();
        CollectionAssert.AreEqual(new float[] { 0, 3, 1, 4, 2, 5 }, TorchFile.ReadAll(TorchFile.Zip(pickle, ("0", bytes)))["w"]);
    }

    [TestMethod]
    [DataRow(new long[] { 4, 4 }, new long[] { 1, 1 }, 0L, "overlap")]
    [DataRow(new long[] { 4, 4 }, new long[] { 3, 1 }, 0L, "overlap")]
    [DataRow(new long[] { 4, 5 }, new long[] { 5, 1 }, 81L, "leads out")]
    [DataRow(new long[] { 4 }, new long[] { -1 }, 10L, "negative")]
    [DataRow(new long[] { 4 }, new long[] { 1 }, -1L, "leaves its storage")]
    [DataRow(new long[] { 4 }, new long[] { 1, 1 }, 0L, "1 sizes but 2 strides")]
    [DataRow(new long[] { 5_000, 5_000 }, new long[] { 0, 0 }, 0L, "repeat")]
    public void AViewThatCannotBeIsRefusedByName(long[] shape, long[] strides, long offset, string reason)
    {
        var file = File(shape, strides, offset, 100);
        var exception = Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(file));
        Assert.AreEqual("w", exception.Tensor);
        StringAssert.Contains(exception.Message, reason);
    }

    private static void Check(long[] shape, long[] strides, long offset)
    {
        var extent = offset + shape.Zip(strides, (size, stride) => (size - 1) * stride).Sum() + 1;
        var actual = TorchFile.ReadAll(File(shape, strides, offset, extent))["w"];
        var index = new long[shape.Length];
        for (var i = 0; i < actual.Length; i++)
        {
            var element = offset + index.Zip(strides, (at, stride) => at * stride).Sum();
            Assert.AreEqual((float)element, actual[i], $"element {i} of [{string.Join(", ", shape)}] by [{string.Join(", ", strides)}]");
            for (var d = shape.Length - 1; d >= 0 && ++index[d] == shape[d]; d--)
                index[d] = 0;
        }
    }

    private static byte[] File(long[] shape, long[] strides, long offset, long count)
    {
        var pickle = new PickleWriter().Code("}").Text("w").Tensor("FloatStorage", "0", count, offset, shape, strides).Code("s").Stop();
        return TorchFile.Zip(pickle, ("0", TorchFile.Floats(Enumerable.Range(0, (int)count).Select(i => (float)i))));
    }
}
