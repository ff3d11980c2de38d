using System.Text.RegularExpressions;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>Every damaged, hostile or wrong file that the manifests list.</summary>
[TestClass]
public sealed class BadCheckpointGoldenTests
{
    private const int AllocationFactor = 16;
    private const long AllocationBase = 4 << 20;

    public static IEnumerable<object?[]> Evil =>
        CheckpointGolden.BadWith(golden => Path.GetFileName(golden.Path).Contains("evil", StringComparison.Ordinal));

    public static IEnumerable<object?[]> NamingTensors => CheckpointGolden.BadWith(golden => TensorsIn(golden).Count > 0);

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Bad), typeof(CheckpointGolden))]
    public void AFileIsRefusedByAMessageThatNamesIt(string? file)
    {
        var exception = Refusal(file);
        Assert.IsTrue(exception is CheckpointFormatException or WeightMismatchException, exception?.ToString() ?? "was not refused");
        StringAssert.Contains(exception!.Message, GoldenFiles.PathOf(file));
    }

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Bad), typeof(CheckpointGolden))]
    public void NoFileCostsMoreMemoryThanItIsWorth(string? file)
    {
        Refusal(file); // so that compiling the code is not measured
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Refusal(file);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.IsTrue(
            allocated < AllocationBase + AllocationFactor * new FileInfo(GoldenFiles.PathOf(file)).Length, $"{allocated} allocated bytes");
    }

    [TestMethod]
    [DynamicData(nameof(Evil))]
    public void AnEvilFileIsRefusedByTheGlobalThatItNames(string? file)
    {
        var exception = (CheckpointFormatException)Refusal(file)!;
        if (CheckpointGolden.Open(file).Facts.GetProperty("expect").GetString()!.Contains("names the global", StringComparison.Ordinal))
            Assert.IsNotNull(exception.PickledGlobal, exception.Message);
        StringAssert.Contains(exception.Message, exception.PickledGlobal ?? "pickle");
    }

    [TestMethod]
    [DynamicData(nameof(NamingTensors))]
    public void TheTensorsAndShapesThatTheManifestSpeaksOfAreInTheMessage(string? file)
    {
        var golden = CheckpointGolden.Open(file);
        var (tensors, exception) = (TensorsIn(golden), Refusal(file)!);
        // A damaged tensor ends the reading, so that one of several is named; what does not fit is listed completely.
        if (exception is not WeightMismatchException)
        {
            Assert.IsTrue(tensors.Any(tensor => exception.Message.Contains(tensor.Name)), exception.Message);
            return;
        }
        foreach (var tensor in tensors)
        {
            StringAssert.Contains(exception.Message, tensor.Name);
            StringAssert.Contains(exception.Message, CheckpointTensor.ShapeText(tensor.Shape));
        }
        foreach (Match shape in Regex.Matches(golden.What, @"\[\d+(, ?\d+)*\]"))
            StringAssert.Contains(exception.Message, shape.Value.Replace(" ", "").Replace(",", ", "));
    }

    [TestMethod]
    [DataRow("posix.system", "evil_reduce_posix_system_zip.pth")]
    [DataRow("posix.system", "evil_hidden_after_state_dict_zip.pth")]
    [DataRow("os.system", "evil_inst_os_system_zip.pth")]
    [DataRow("torch._utils.os.system", "evil_dotted_global_zip.pth")]
    [DataRow("builtins.eval", "evil_stack_global_eval_zip.pth")]
    [DataRow("; expected [", "wrong_shapes_zip.pth")]
    [DataRow("] is missing", "missing_keys_zip.pth")]
    [DataRow("] is missing", "st_missing_keys.safetensors")]
    [DataRow("; expected [", "st_wrong_shape.safetensors")]
    [DataRow("': its type is complex64", "complex_tensor_zip.pth")]
    [DataRow("': the pickle asks for the global 'torch._utils._rebuild_qtensor'", "quantized_tensor_zip.pth")]
    [DataRow("': the pickle asks for the global 'torch._utils._rebuild_sparse_tensor'", "sparse_tensor_zip.pth")]
    [DataRow("state_dict()", "whole_module_zip.pth")]
    [DataRow("tar archive", "tar_legacy.pth")]
    [DataRow("byte order is 'big'", "big_endian_zip.pth")]
    [DataRow("CRC-32", "crc_mismatch_zip.pth")]
    [DataRow("magic number", "legacy_wrong_magic.pth")]
    [DataRow("'model': its value is not a tensor", "model_not_dict_zip.pth")]
    [DataRow("no central directory", "truncated_zip.pth")]
    [DataRow("cut short", "truncated_legacy.pth")]
    [DataRow("overlap", "st_overlap.safetensors")]
    [DataRow("leave a hole", "st_hole.safetensors")]
    [DataRow("occurs twice", "st_duplicate_key.safetensors")]
    public void TheMessageSaysWhatIsWrong(string expected, string name)
    {
        var file = CheckpointGolden.Bad.Select(row => (string?)row[0]).FirstOrDefault(file => Path.GetFileName(file) == name);
        if (file is null)
            Assert.Inconclusive($"There is no {name} among the bad checkpoints.");
        StringAssert.Contains(Refusal(file)!.Message, expected);
    }

    /// <summary>The tensors that the manifest's words about a file name.</summary>
    private static List<NetworkTensor> TensorsIn(CheckpointGolden golden)
    {
        var words = Regex.Matches(golden.What, @"[\w.]*\w").Select(match => match.Value).ToHashSet();
        var architecture = CheckpointGolden.GoodBeside(golden.File).ManifestArchitecture;
        return [.. architecture.StateDict().Where(tensor => words.Contains(tensor.Name))];
    }

    /// <summary>Opens the file, matches it with the sound files' architecture and reads all that would be loaded.</summary>
    private static Exception? Refusal(string? file)
    {
        var architecture = CheckpointGolden.GoodBeside(file).ManifestArchitecture;
        var path = GoldenFiles.PathOf(file);
        try
        {
            using var checkpoint = CheckpointFile.Open(path);
            var plan = WeightMatcher.Match(architecture, checkpoint);
            foreach (var name in plan.Names)
                plan.Read(name);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
