using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>
/// Damaged files by the thousand: each is either read or refused by the documented exception, without costing much memory.
/// FsCheck reports the smallest damage that fails.
/// </summary>
[TestClass]
public sealed class CheckpointMutationTests
{
    private const int CasesPerSeed = 4000, CasesPerGolden = 60;
    private const long MaxAllocation = 96 << 20;

    private static readonly (string Name, long[] Shape)[] _tensors = [("conv1.weight", [2, 3, 1, 1]), ("bn1.bias", [2]), ("count", [])];

    [TestMethod]
    [DataRow("zip")]
    [DataRow("pickle in a sound zip")]
    [DataRow("training pickle in a sound zip")]
    [DataRow("legacy")]
    [DataRow("safetensors")]
    [DataRow("safetensors header of the right length")]
    [DataRow("zip directory")]
    public void ADamagedFileIsReadOrRefused(string seed)
    {
        var (content, wrap) = Seed(seed);
        Check(content, wrap, CasesPerSeed);
    }

    [TestMethod]
    public void RandomProgramsOfThePickleMachineAreReadOrRefused()
    {
        var steps = Gen.Choose(1, 12).SelectMany(count => Gen.ArrayOf(Gen.Elements(PickleSteps()), count)).ToArbitrary();
        Prop.ForAll(steps, program =>
        {
            var pickle = program.Aggregate(new PickleWriter().Code("}").Text("a"), (start, step) => start.Raw(step)).Code("s").Stop();
            IsRead(TorchFile.Zip(pickle, ("0", new byte[24])));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(CasesPerSeed).WithQuietOnSuccess(true).WithReplay(20210802, 1));
    }

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Good), typeof(CheckpointGolden))]
    public void ADamagedGoldenFileIsReadOrRefused(string? path) =>
        Check(File.ReadAllBytes(CheckpointGolden.Open(path).Path), file => file, CasesPerGolden);

    private static void Check(byte[] content, Func<byte[], byte[]> wrap, int cases)
    {
        int read = 0, refused = 0;
        var damage = Gen.Choose(1, 4).SelectMany(count => Gen.ArrayOf(FileMutation.Generator, count)).ToArbitrary();
        Prop.ForAll(damage, mutations =>
        {
            if (IsRead(wrap(mutations.Aggregate(content, (bytes, mutation) => mutation.Apply(bytes)))))
                read++;
            else
                refused++;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(cases).WithQuietOnSuccess(true).WithReplay(20210802, 1));
        Assert.AreEqual(cases, read + refused);
        Assert.IsTrue(refused > cases / 10, $"only {refused} of {cases} damaged files were refused: does the damage reach the reader?");
    }

    private static bool IsRead(byte[] file)
    {
        var read = true;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var opened = TorchFile.Open(file);
            foreach (var tensor in opened.Tensors)
                opened.Read(tensor.Name);
        }
        catch (CheckpointFormatException)
        {
            read = false;
        }
        Assert.IsTrue(GC.GetAllocatedBytesForCurrentThread() - allocated < MaxAllocation, "allocated too much");
        return read;
    }

    /// <summary>What is damaged, and what is put around it afterwards so that the damage gets past the container's own checks.</summary>
    private static (byte[] Content, Func<byte[], byte[]> Wrap) Seed(string name)
    {
        (string, byte[])[] storages = [("0", TorchFile.Floats(new float[6])), ("1", TorchFile.Floats(new float[6]))];
        var zip = TorchFile.StateDict(_tensors);
        var safetensors = Safetensors("""
            {"__metadata__":{"format":"pt"},
             "a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I64","shape":[],"data_offsets":[16,24]}}
            """u8, 24);
        switch (name)
        {
            case "zip":
                return (zip, file => file);
            case "legacy":
                return (TorchFile.StateDict(_tensors, legacy: true), file => file);
            case "safetensors":
                return (safetensors, file => file);
            case "safetensors header of the right length":
                var headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(safetensors);
                return (safetensors[8..(8 + headerLength)], header => Safetensors(header, 24));
            case "zip directory":
                var directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
                return (zip[directory..], damaged => [.. zip[..directory], .. damaged]);
            case "pickle in a sound zip":
                var pickle = new PickleWriter().Code("}(").Text("a").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1])
                    .Text("b").Tensor("FloatStorage", "1", 6, 1, [2, 2], [1, 2]).Code("u").Stop();
                return (pickle, damaged => TorchFile.Zip(damaged, storages));
            default:
                var training = new PickleWriter().Code("}q").Raw(0).Code("(").Text("epoch").Integer(7).Text("lr").Code("G").Raw(new byte[8])
                    .Text("model").Global("collections", "OrderedDict").Code(")R(").Text("a")
                    .Global("torch._utils", "_rebuild_parameter").Code("(").Tensor("HalfStorage", "0", 12, 2, [3], [2]).Raw(0x89)
                    .Global("collections", "OrderedDict").Code(")RtRu").Text("args").Global("argparse", "Namespace").Code(")").Raw(0x81)
                    .Code("}").Text("betas").Code("](K").Raw(1, (byte)'K', 2).Code("esb").Text("self").Code("h").Raw(0).Code("u").Stop();
                return (training, damaged => TorchFile.Zip(damaged, storages));
        }
    }

    /// <summary>What programs are put together from; more often than not it leaves something that the next step can use.</summary>
    private static IEnumerable<byte[]> PickleSteps()
    {
        foreach (var opcodes in "( t ) } ] a e s u N R b Q K\u0001 K\u0006 q\u0000 h\u0000".Split(' '))
            yield return new PickleWriter().Code(opcodes).ToArray()[2..];
        foreach (var opcode in new byte[] { 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x93, 0x94 })
            yield return [opcode];
        foreach (var text in new[] { "a", "storage", "0", "model", "collections", "OrderedDict" })
            yield return new PickleWriter().Text(text).ToArray()[2..];
        yield return new PickleWriter().Global("collections", "OrderedDict").ToArray()[2..];
        yield return new PickleWriter().Global("torch._utils", "_rebuild_tensor_v2").ToArray()[2..];
        yield return new PickleWriter().Global("torch._utils", "_rebuild_parameter").ToArray()[2..];
        yield return new PickleWriter().Global("torch", "FloatStorage").ToArray()[2..];
        yield return new PickleWriter().Global("argparse", "Namespace").ToArray()[2..];
        yield return new PickleWriter().Storage("FloatStorage", "0", 6).ToArray()[2..];
        yield return new PickleWriter().Integers([2, 3]).ToArray()[2..];
        yield return new PickleWriter().Tensor("FloatStorage", "0", 6, 0, [2], [1]).ToArray()[2..];
    }

    private static byte[] Safetensors(ReadOnlySpan<byte> header, int dataLength)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. new byte[dataLength]];
    }
}
