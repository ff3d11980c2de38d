using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
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
        foreach (var (path, facts) in evil)
        {
            var exception = (CheckpointFormatException)Refusal(path)!;
            if (facts.GetProperty("expect").GetString()!.Contains("names the global", StringComparison.Ordinal))
                Assert.IsNotNull(exception.PickledGlobal, $"{path}: {exception.Message}");
            StringAssert.Contains(exception.Message, exception.PickledGlobal ?? "pickle", path);
        }
    }

    [TestMethod]
    public void TheTensorsAndShapesThatTheManifestSpeaksOfAreInTheMessage()
    {
        foreach (var (path, facts) in Files())
        {
            var text = facts.GetProperty("what").GetString()!;
            var words = Regex.Matches(text, @"[\w.]*\w").Select(match => match.Value).ToHashSet();
            var tensors = (ArchitectureBeside(path)).StateDict().Where(tensor => words.Contains(tensor.Name)).ToList();
            if (tensors.Count == 0)
                continue;
            var exception = Refusal(path)!;
            // A damaged tensor ends the reading, so that one of several is named; what does not fit is listed completely.
            if (exception is not WeightMismatchException)
            {
                Assert.IsTrue(tensors.Any(tensor => exception.Message.Contains(tensor.Name)), $"{path}: {exception.Message}");
                continue;
            }
            foreach (var tensor in tensors)
            {
                StringAssert.Contains(exception.Message, tensor.Name, path);
                StringAssert.Contains(exception.Message, Printable.Shape(tensor.Shape), path);
            }
            foreach (Match shape in Regex.Matches(text, @"\[\d+(, ?\d+)*\]"))
                StringAssert.Contains(exception.Message, shape.Value.Replace(" ", "").Replace(",", ", "), path);
        }
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
        var found = Files().Where(file => Path.GetFileName(file.Path) == name).ToList();
        if (found.Count == 0)
            Assert.Inconclusive($"There is no {name} among the bad checkpoints.");
        StringAssert.Contains(Refusal(found[0].Path)!.Message, expected);
    }

    private static IEnumerable<(string Path, JsonElement Facts)> Files() =>
        CheckpointManifest.Bad().SelectMany(manifest => manifest.Files());

    /// <summary>The architecture of the sound files in the folder beside, which the bad ones were made from.</summary>
    private static ConformerArchitecture ArchitectureBeside(string path)
    {
        var parent = Path.GetDirectoryName(Path.GetDirectoryName(path));
        var good = CheckpointManifest.Good();
        return (good.FirstOrDefault(manifest => Path.GetDirectoryName(manifest.Folder) == parent) ?? good[0]).Architecture;
    }

    /// <summary>Opens the file, matches it with the sound files' architecture and reads all that would be loaded.</summary>
    private static Exception? Refusal(string path)
    {
        var architecture = ArchitectureBeside(path);
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
