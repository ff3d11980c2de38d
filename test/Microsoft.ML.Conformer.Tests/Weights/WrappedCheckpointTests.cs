using Microsoft.ML.Conformer.Tests.Data;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>State dicts as other tools save them: among objects of their own, under other keys, with averages beside them.</summary>
[TestClass]
public sealed class WrappedCheckpointTests
{
    /// <summary>Files that PyTorch wrote, with two tensors each.</summary>
    [TestMethod]
    [DataRow("mmengine_runner", "", 1f)]
    [DataRow("numpy_array", "", 1f)]
    [DataRow("numpy_scalar", "", 1f)]
    [DataRow("args_path", "", 1f)]
    [DataRow("compiled", "_orig_mod.", 1f)]
    [DataRow("ddp_compiled", "module._orig_mod.", 1f)]
    [DataRow("swa_averaged", "module.", 1f)]
    [DataRow("only_state_dict_ema", "", 1f)]
    [DataRow("only_model_ema", "", 1f)]
    [DataRow("model_and_ema", "", 0f)]
    [DataRow("no_heads", "", 1f)]
    public void AFileOfAnotherToolIsRead(string name, string prefix, float value)
    {
        var path = Path.Combine(SharedData.FolderOrInconclusive("reports"), "checkpoints", "small", name + ".pth");
        using var file = CheckpointFile.Open(path);
        CollectionAssert.AreEqual(
            new[] { "cls_token", "trans_norm.weight" },
            file.Tensors.Where(tensor => tensor.Name != "n_averaged").Select(tensor => tensor.Name[prefix.Length..]).ToList());
        CollectionAssert.AreEqual(Enumerable.Repeat(value, 12).ToArray(), file.Read(prefix + "trans_norm.weight"));
        Assert.AreEqual(1, CountOf(path, average: true), "the average, where there is one");
    }

    [TestMethod]
    [DataRow("model", "model_ema", 1f, 2f)]
    [DataRow("state_dict", "state_dict_ema", 1f, 2f)]
    [DataRow("state_dict", "ema_state_dict", 1f, 2f)]
    [DataRow("model_state_dict", "model_ema_state_dict", 1f, 2f)]
    [DataRow("model", "ema", 1f, 2f)]
    public void WhereAFileHasBothAnOptionChoosesAndANoteSaysWhich(string plain, string average, float first, float second)
    {
        var file = Zip(new PickleWriter().Code("}(").Text(average).Code("}").Text("w").Code(Weight(1)).Code("s")
            .Text(plain).Code("}").Text("w").Code(Weight(0)).Code("su"));
        AssertWeight(first, $"under '{plain}'", file, average: false);
        AssertWeight(second, $"under '{average}'", file, average: true);
    }

    [TestMethod]
    [DataRow("model_ema")]
    [DataRow("state_dict_ema")]
    [DataRow("ema_state_dict")]
    [DataRow("model_ema_state_dict")]
    [DataRow("ema")]
    public void AnAverageAloneIsTaken(string key)
    {
        var file = Zip(new PickleWriter().Code("}(").Text("epoch").Integer(3).Text(key).Code("}").Text("w").Code(Weight(1)).Code("su"));
        AssertWeight(2, "there are no others", file, average: false);
        AssertWeight(2, "there are no others", file, average: true);
    }

    [TestMethod]
    public void AnAverageBesideItsSettingsIsTaken()
    {
        var file = Zip(new PickleWriter().Code("}").Text("ema").Code("}(").Text("updates").Integer(9)
            .Text("module").Code("}").Text("w").Code(Weight(1)).Code("sus"));
        AssertWeight(2, "under 'ema.module'", file, average: true);
    }

    /// <summary>What mmengine's EMAHook calls state_dict is the average, whatever is asked for.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void MmenginesExchangeOfTheTwoIsKnown(bool average)
    {
        var file = Zip(new PickleWriter().Code("}(").Text("state_dict").Code("}").Text("w").Code(Weight(1)).Code("s")
            .Text("ema_state_dict").Code("}(").Text("steps").Code(Weight(0)).Text("module.w").Code(Weight(0)).Code("uu"));
        AssertWeight(2, "EMAHook", file, average);
    }

    [TestMethod]
    public void AForeignObjectBesideTheWeightsIsSkipped()
    {
        var file = Zip(new PickleWriter().Code("}(").Text("hub").Global("os", "system").Text("calc").Code("\u0085R")
            .Text("model").Code("}").Text("w").Code(Weight(0)).Code("su"));
        AssertWeight(1, null, file, average: false);
    }

    [TestMethod]
    [DataRow("a tensor", "}U\u0001wcos\nsystem\nU\u0001a\u0085Rs")]
    [DataRow("the state dict", "}U\u0005modelcos\nsystem\nU\u0001a\u0085Rs")]
    [DataRow("the file", "cos\nsystem\nU\u0001a\u0085R")]
    [DataRow("the global itself", "cos\nsystem\n")]
    [DataRow("a state dict's attribute", "}U\u0001w{0}s}U\u0001acos\nsystem\n)\u0081sb")]
    [DataRow("deep in an attribute", "}U\u0001w{0}s}U\u0001a]](K\u0001cos\nsystem\n)Reasb")]
    [DataRow("a key", "}cos\nsystem\n)R{0}s")]
    [DataRow("a state dict inside a foreign object", "cos\nsystem\n)R(U\u0001w{0}u")]
    [DataRow("beside tensors", "}(U\u0001w{0}U\u0001acos\nsystem\n)Ru")]
    public void AForeignObjectThatTheWeightsDependOnIsRefused(string what, string opcodes)
    {
        var file = Zip(new PickleWriter().Code(opcodes.Replace("{0}", Weight(0))));
        var exception = Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(file), what);
        Assert.AreEqual("os.system", exception.PickledGlobal, what);
    }

    [TestMethod]
    [DataRow("a hook", 7)]
    [DataRow("a storage's type", 2)]
    [DataRow("a size", 4)]
    public void ATensorWithAForeignPartIsRefused(string what, int part)
    {
        PickleWriter Or(int number, Func<PickleWriter, PickleWriter> sound, PickleWriter pickle) =>
            number == part ? pickle.Global("os", "system").Code(")R") : sound(pickle);
        var pickle = new PickleWriter().Code("}").Text("w").Global("torch._utils", "_rebuild_tensor_v2").Code("((").Text("storage");
        pickle = part == 2 ? pickle.Global("os", "Storage") : pickle.Global("torch", "FloatStorage");
        pickle = pickle.Text("0").Text("cpu").Integer(1).Code("tQ").Integer(0);
        pickle = Or(4, p => p.Integers([1]), pickle).Integers([1]).Raw(0x89);
        pickle = Or(7, p => p.Global("collections", "OrderedDict").Code(")R"), pickle);
        var file = Zip(pickle.Code("tRs"));
        Assert.ThrowsExactly<CheckpointFormatException>(() => TorchFile.Open(file), what);
    }

    private static void AssertWeight(float expected, string? note, byte[] bytes, bool average)
    {
        using var file = TorchFile.Open(bytes, average);
        Assert.AreEqual(expected, file.Read("w").Single());
        if (note is null)
            Assert.IsNull(file.Note);
        else
            StringAssert.Contains(file.Note, note);
    }

    private static float CountOf(string path, bool average)
    {
        using var file = CheckpointFile.Open(path, average);
        return file.Read(file.Tensors[^1].Name)[0];
    }

    /// <summary>The opcodes of a tensor of one number; there are two, 1 and 2.</summary>
    private static string Weight(int storage) => System.Text.Encoding.Latin1.GetString(
        new PickleWriter().Tensor("FloatStorage", $"{storage}", 1, 0, [1], [1]).ToArray()[2..]);

    private static byte[] Zip(PickleWriter pickle) =>
        TorchFile.Zip(pickle.Stop(), ("0", TorchFile.Floats([1])), ("1", TorchFile.Floats([2])));
}
