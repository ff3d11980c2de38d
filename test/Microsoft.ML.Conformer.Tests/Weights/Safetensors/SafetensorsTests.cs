using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Safetensors;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights.Safetensors;

[TestClass]
public sealed class SafetensorsTests
{
    private static readonly ConformerArchitecture _architecture = new()
    {
        NumClasses = 5,
        ChannelRatio = 0.125,
        EmbedDim = 12,
        Depth = 3,
        NumHeads = 3,
        MlpRatio = 2,
    };

    [TestMethod]
    public void WhatIsWrittenIsReadBackBitByBit()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("weights.safetensors");
        var weights = new CountedWeights(_architecture);
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        SafetensorsWriter.Write(path, _architecture.StateDict(), weights, metadata);

        using var file = CheckpointFile.Open(path);
        Assert.AreEqual(CheckpointFormat.Safetensors, file.Format);
        var plan = WeightMatcher.Match(_architecture, file);
        Assert.AreEqual(0, plan.Warnings.Count);
        foreach (var tensor in _architecture.StateDict())
            CollectionAssert.AreEqual(weights.Read(tensor.Name), plan.Read(tensor.Name), tensor.Name);
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(folder.Path), "the temporary file is gone");
    }

    [TestMethod]
    public void TheSameWeightsGiveTheSameBytesAlignedToEightBytes()
    {
        byte[] Bytes()
        {
            using var stream = new MemoryStream();
            SafetensorsWriter.Write(stream, _architecture.StateDict(), new CountedWeights(_architecture));
            return stream.ToArray();
        }
        CollectionAssert.AreEqual(Bytes(), Bytes());
        Assert.AreEqual(0, BinaryPrimitives.ReadInt64LittleEndian(Bytes()) % 8);
    }

    [TestMethod]
    public void AWriteThatFailsLeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        var wrong = new CountedWeights(_architecture with { EmbedDim = 24 });
        Assert.ThrowsExactly<ArgumentException>(() =>
            SafetensorsWriter.Write(folder.File("w.safetensors"), _architecture.StateDict(), wrong));
        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [TestMethod]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, null)]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   """, 8, null)]
    [DataRow("""{"__metadata__":{"x":"y"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4, null)]
    [DataRow("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, null)]
    [DataRow("""{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 4, "__metadata__")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""", 8, "not JSON")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "end at 8")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "cut short")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"shape":[2]}}""", 8, "there twice")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8, "[begin, end]")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", 8, "list of integers")]
    [DataRow("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "list of integers")]
    [DataRow("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}""", 8, "list of integers")]
    [DataRow("""{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}""", 8, "'dtype'")]
    [DataRow(
        """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}""",
        2, "twice")]
    [DataRow("""{"a\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "not JSON in UTF-8")]
    [DataRow("""{}""", 0, "no tensors")]
    [DataRow("""{"a":[]}""", 0, "no description")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]""", 8, "not JSON")]
    public void TheFormatsRulesHold(string header, int dataLength, string? reason)
    {
        var file = File(header, dataLength);
        if (reason is null)
            TorchFile.ReadAll(file);
        else
            StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(file)).Message, reason);
    }

    [TestMethod]
    public void ATypeThatIsNotReadIsNamedWhenItsValuesAreAskedFor()
    {
        using var file = TorchFile.Open(File("""{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2));
        StringAssert.Contains(Assert.ThrowsExactly<CheckpointFormatException>(() => file.Read("a")).Message, "float8_e4m3");
    }

    [TestMethod]
    public void AHeaderWhoseLengthLooksLikeAPickleIsStillSafetensors()
    {
        var header = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""".PadRight(0x80);
        CollectionAssert.AreEqual(new float[2], TorchFile.ReadAll(File(header, 8))["a"]);
    }

    private static byte[] File(string header, int dataLength)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        return [.. length, .. bytes, .. new byte[dataLength]];
    }
}
