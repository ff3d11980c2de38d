using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights.Torch;

/// <summary>The zip and the legacy container around a state dict.</summary>
[TestClass]
public sealed class TorchContainerTests
{
    private static readonly (string Name, long[] Shape)[] _tensors = [("a", [2, 3]), ("b", []), ("c", [4]), ("empty", [0, 3])];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TensorsComeInTheFilesOrderWithTheirValues(bool legacy)
    {
        using var file = TorchFile.Open(TorchFile.StateDict(_tensors, legacy));
        Assert.AreEqual(legacy ? CheckpointFormat.TorchLegacy : CheckpointFormat.TorchZip, file.Format);
        CollectionAssert.AreEqual(new[] { "a", "b", "c", "empty" }, file.Tensors.Select(tensor => tensor.Name).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 0.25f, 0.5f, 0.75f, 1, 1.25f }, file.Read("a"));
        CollectionAssert.AreEqual(new[] { 1f }, file.Read("b"));
        Assert.AreEqual(0, file.Read("empty").Length);
        CollectionAssert.AreEqual(new long[] { 2, 3 }, file.Shape("a").ToArray());
        Assert.IsTrue(file.Contains("c"));
        Assert.ThrowsExactly<KeyNotFoundException>(() => file.Read("d"));
        Assert.ThrowsExactly<ArgumentException>(() => file.CopyTo("a", new float[5]));
    }

    [TestMethod]
    public void AClosedFileSaysSo()
    {
        var file = TorchFile.Open(TorchFile.StateDict(_tensors));
        file.Dispose();
        file.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => file.Read("a"));
    }

    [TestMethod]
    public void ConcurrentReadsGiveTheSameValues()
    {
        using var file = TorchFile.Open(TorchFile.StateDict([.. Enumerable.Range(0, 50).Select(i => ($"t{i}", new long[] { 1000 }))]));
        var expected = file.Tensors.Select(tensor => file.Read(tensor.Name)).ToArray();
        Parallel.For(0, 500, i => CollectionAssert.AreEqual(expected[i % 50], file.Read($"t{i % 50}")));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ReadingTakesLittleMemoryBesideTheTensors(bool legacy)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("large.pth");
        const int size = 2_000_000, tensors = 4;
        var layout = Enumerable.Range(0, tensors).Select(i => ($"t{i}", new long[] { size }));
        File.WriteAllBytes(path, TorchFile.StateDict([.. layout], legacy));
        var destination = new float[size];
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var file = CheckpointFile.Open(path))
            foreach (var tensor in file.Tensors)
                file.CopyTo(tensor.Name, destination);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.IsTrue(allocated < 0.05 * tensors * size * sizeof(float), $"{allocated} bytes");
    }

    [TestMethod]
    public void TheWholeFileCanBeMovedAwayAfterClosing()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("weights.bin");
        File.WriteAllBytes(path, TorchFile.StateDict(_tensors));
        using (var file = CheckpointFile.Open(path))
            Assert.AreEqual(1f, file.Read("b")[0]);
        File.Delete(path);
        Assert.ThrowsExactly<FileNotFoundException>(() => CheckpointFile.Open(path));
    }

    [TestMethod]
    public void AnArchiveThatWasCompressedAnewIsRead()
    {
        var plain = TorchFile.StateDict(_tensors);
        using var archive = new ZipArchive(new MemoryStream(plain));
        var entries = archive.Entries.Select(entry =>
        {
            using var stream = new MemoryStream();
            using var content = entry.Open();
            content.CopyTo(stream);
            return (entry.FullName, stream.ToArray());
        }).ToList();
        var (expected, actual) = (TorchFile.ReadAll(plain), TorchFile.ReadAll(TorchFile.ZipOf(entries, CompressionLevel.SmallestSize)));
        foreach (var (name, values) in expected)
            CollectionAssert.AreEqual(values, actual[name]);
    }

    [TestMethod]
    public void AnEntryThatExpandsToMoreThanItDeclaresIsRefused()
    {
        var pickle = new PickleWriter().Code("}").Text("w").Tensor("FloatStorage", "0", 12, 0, [12], [1]).Code("s").Stop();
        var file = TorchFile.ZipOf([("archive/data.pkl", pickle), ("archive/data/0", new byte[1 << 20])], CompressionLevel.SmallestSize);
        var entry = LastEntry(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(entry + 24), 48);
        using var opened = TorchFile.Open(file);
        var exception = Assert.ThrowsExactly<CheckpointFormatException>(() => opened.Read("w"));
        StringAssert.Contains(exception.Message, "more than the 48 bytes");
        Assert.AreEqual("w", exception.Tensor);
    }

    [TestMethod]
    public void ADamagedStorageIsFoundWhereverItIsViewed()
    {
        var pickle = new PickleWriter().Code("}(").Text("whole").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])
            .Text("part").Tensor("FloatStorage", "0", 6, 0, [2], [1]).Text("transposed").Tensor("FloatStorage", "0", 6, 0, [3, 2], [1, 3])
            .Code("u").Stop();
        var storage = TorchFile.Floats([1, 2, 3, 4, 5, 6]);
        var file = TorchFile.Zip(pickle, ("0", storage));
        file[file.AsSpan().IndexOf(storage) + 20] ^= 1;
        foreach (var name in new[] { "whole", "part", "transposed" })
        {
            using var opened = TorchFile.Open(file);
            StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => opened.Read(name)).Message, "CRC-32");
        }
    }

    [TestMethod]
    [DataRow(8, (byte)1, "encrypted")]
    [DataRow(10, (byte)99, "compression method 99")]
    [DataRow(20, (byte)77, "stored, yet has")]
    [DataRow(0, (byte)0, "directory is damaged")]
    public void ADirectoryThatLiesIsRefused(int field, byte value, string reason)
    {
        var file = TorchFile.StateDict([("a", [2])]);
        file[LastEntry(file) + field] = value;
        StringAssert.Contains(Refusal(file).Message, reason);
    }

    [TestMethod]
    public void EntriesOfTheSameNameOrTheSameBytesAreRefused()
    {
        StringAssert.Contains(Refusal(TorchFile.ZipOf([("a/data.pkl", [1]), ("a/data.pkl", [2])])).Message, "two entries");
        var file = TorchFile.ZipOf([("a/data.pkl", new byte[9]), ("a/data/0", new byte[9])]);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(LastEntry(file) + 42), 0);
        StringAssert.Contains(Refusal(file).Message, "overlaps");
    }

    [TestMethod]
    public void ALegacyFileMayViewAPartOfAStorage()
    {
        var pickle = new PickleWriter().Code("}").Text("w").Global("torch._utils", "_rebuild_tensor").Code("((").Text("storage")
            .Global("torch", "FloatStorage").Text("7").Text("cuda:0").Integer(6).Code("(").Text("view").Integer(2).Integer(3).Code("ttQ")
            .Integer(1).Integers([2]).Integers([1]).Code("tRs").Stop();
        var file = TorchFile.Legacy(pickle, 4, ("7", TorchFile.Floats([0, 1, 2, 3, 4, 5])));
        CollectionAssert.AreEqual(new float[] { 3, 4 }, TorchFile.ReadAll(file)["w"]);
    }

    [TestMethod]
    public void OneStorageOfTwoTypesOrLengthsIsRefused()
    {
        byte[] Pickle(string type, long count) => new PickleWriter().Code("}(").Text("a").Tensor("FloatStorage", "0", 6, 0, [1], [1])
            .Text("b").Tensor(type, "0", count, 0, [1], [1]).Code("u").Stop();
        Refusal(TorchFile.Zip(Pickle("IntStorage", 6), ("0", new byte[24])));
        Refusal(TorchFile.Zip(Pickle("FloatStorage", 5), ("0", new byte[24])));
    }

    [TestMethod]
    [DataRow("model")]
    [DataRow("state_dict")]
    [DataRow("model_state_dict")]
    [DataRow("model_ema")]
    public void TheStateDictIsFoundUnderItsUsualKeys(string key)
    {
        var pickle = new PickleWriter().Code("}(").Text("epoch").Integer(3).Text(key).Code("}").Text("w")
            .Tensor("FloatStorage", "0", 1, 0, [1], [1]).Code("su").Stop();
        CollectionAssert.AreEqual(new[] { 5f }, TorchFile.ReadAll(TorchFile.Zip(pickle, ("0", TorchFile.Floats([5]))))["w"]);
    }

    private static CheckpointFormatException Refusal(byte[] file) =>
        Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(file));

    /// <summary>Where the last entry of the central directory is.</summary>
    private static int LastEntry(byte[] file) => file.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
}
