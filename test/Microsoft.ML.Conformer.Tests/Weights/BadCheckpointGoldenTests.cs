using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Weights;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>Every damaged, hostile or wrong file that the manifests list.</summary>
[TestClass]
public sealed class BadCheckpointGoldenTests
{
    private const int AllocationFactor = 16;
    private const long AllocationBase = 4 << 20;

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(2);

    [TestMethod]
    public void EveryFileIsRefusedByAMessageThatNamesIt()
    {
        foreach (var (path, _) in Files())
        {
            var exception = Refusal(path);
            Assert.IsTrue(
                exception is CheckpointFormatException or WeightMismatchException, $"{path}: {exception?.ToString() ?? "was not refused"}");
            StringAssert.Contains(exception!.Message, path, path);
        }
    }

    [TestMethod]
    public void NoFileCostsMoreTimeOrMemoryThanItIsWorth()
    {
        foreach (var (path, _) in Files())
        {
            Refusal(path); // so that compiling the code is not measured
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            Refusal(path);
            Assert.IsTrue(watch.Elapsed < _longest, $"{path} took {watch.Elapsed}");
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.IsTrue(
                allocated < AllocationBase + AllocationFactor * new FileInfo(path).Length, $"{path} cost {allocated} allocated bytes");
        }
    }

    [TestMethod]
    public void AnEvilFileIsRefusedByTheGlobalThatItNames()
    {
        var evil = Files().Where(file => Path.GetFileName(file.Path).Contains("evil", StringComparison.Ordinal)).ToList();
        if (evil.Count == 0)
            Assert.Inconclusive("No evil files among the bad checkpoints.");
        foreach (var (path, _) in evil)
        {
            var exception = (CheckpointFormatException)Refusal(path)!;
            if (exception.PickledGlobal is { } name)
                StringAssert.Contains(exception.Message, name, path);
            else
                StringAssert.Contains(exception.Message, "opcode", path);
        }
    }

    [TestMethod]
    [DataRow("posix.system", "evil_reduce_posix_system_zip.pth")]
    [DataRow("posix.system", "evil_hidden_after_state_dict_zip.pth")]
    [DataRow("os.system", "evil_inst_os_system_zip.pth")]
    [DataRow("torch._utils.os.system", "evil_dotted_global_zip.pth")]
    [DataRow("builtins.eval", "evil_stack_global_eval_zip.pth")]
    [DataRow("trans_norm.weight is [13]; expected [12]", "wrong_shapes_zip.pth")]
    [DataRow("conv_trans_2.trans_block.attn.qkv.weight is [12, 36]; expected [36, 12]", "wrong_shapes_zip.pth")]
    [DataRow("cls_token [1, 1, 12] is missing", "missing_keys_zip.pth")]
    [DataRow("conv_trans_3.fusion_block.bn2.running_var [8] is missing", "missing_keys_zip.pth")]
    [DataRow("trans_cls_head.bias [5] is missing", "missing_keys_zip.pth")]
    [DataRow("trans_cls_head.bias [5] is missing", "st_missing_keys.safetensors")]
    [DataRow("conv1.weight is [64, 7, 7, 3]; expected [64, 3, 7, 7]", "st_wrong_shape.safetensors")]
    [DataRow("'cls_token': its type is complex64", "complex_tensor_zip.pth")]
    [DataRow("'conv_cls_head.weight': the pickle asks for the global 'torch._utils._rebuild_qtensor'", "quantized_tensor_zip.pth")]
    [DataRow("'conv_cls_head.weight': the pickle asks for the global 'torch._utils._rebuild_sparse_tensor'", "sparse_tensor_zip.pth")]
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
        var found = Files().Where(file => Path.GetFileName(file.Path) == name).ToList();
        if (found.Count == 0)
            Assert.Inconclusive($"There is no {name} among the bad checkpoints.");
        StringAssert.Contains(Refusal(found[0].Path)!.Message, expected);
    }

    private static IEnumerable<(string Path, JsonElement Facts)> Files() =>
        CheckpointManifest.Bad().SelectMany(manifest => manifest.Files());

    /// <summary>Opens the file, matches it with the good files' architecture and reads all that would be loaded.</summary>
    private static Exception? Refusal(string path)
    {
        var architecture = CheckpointManifest.Good()[0].Architecture;
        try
        {
            using var file = CheckpointFile.Open(path);
            var plan = WeightMatcher.Match(architecture, file);
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
