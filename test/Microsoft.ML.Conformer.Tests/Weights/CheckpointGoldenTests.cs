using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>Every sound checkpoint that the manifests list.</summary>
[TestClass]
public sealed class CheckpointGoldenTests
{
    [TestMethod]
    public void EveryFileFitsItsArchitectureButForKeysThatItHasTooMany()
    {
        foreach (var (manifest, path, facts) in Files())
        {
            using var file = CheckpointFile.Open(path);
            var architecture = manifest.ArchitectureOf(facts);
            try
            {
                WeightMatcher.Match(architecture, file);
            }
            catch (WeightMismatchException exception)
            {
                foreach (var fault in exception.Faults)
                    StringAssert.EndsWith(fault, "is unexpected.", path);
            }
            var plan = WeightMatcher.Match(architecture, file, strict: false);
            Assert.AreEqual(0, plan.LeftAtInitialValues.Count, path);
            Assert.IsNull(plan.ReplacedClasses, path);
        }
    }

    [TestMethod]
    public void AnUnexpectedKeyIsAnErrorThatNamesItAndIsIgnoredWhereNotStrict()
    {
        var seen = 0;
        foreach (var (manifest, path, facts) in Files())
        {
            if (Regex.Match(facts.GetProperty("what").GetString()!, "unexpected key '([^']+)'") is not { Success: true } match)
                continue;
            seen++;
            using var file = CheckpointFile.Open(path);
            var architecture = manifest.ArchitectureOf(facts);
            var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(architecture, file));
            StringAssert.Contains(exception.Faults.Single(), match.Groups[1].Value, path);
            Assert.IsFalse(WeightMatcher.Match(architecture, file, strict: false).Contains(match.Groups[1].Value), path);
        }
        if (seen == 0)
            Assert.Inconclusive("No checkpoint with an unexpected key in the manifests.");
    }

    [TestMethod]
    public void AFileForOtherClassesThanTheManifestsFitsWithoutItsHeadsOnly()
    {
        foreach (var (manifest, path, facts) in Files())
        {
            if (manifest.ArchitectureOf(facts).NumClasses == manifest.Architecture.NumClasses)
                continue;
            using var file = CheckpointFile.Open(path);
            var exception = Assert.ThrowsExactly<WeightMismatchException>(() =>
                WeightMatcher.Match(manifest.Architecture, file, replaceHeads: false));
            Assert.AreEqual(4, exception.Faults.Count, path);
            Assert.AreEqual(4, WeightMatcher.Match(manifest.Architecture, file).LeftAtInitialValues.Count, path);
        }
    }

    [TestMethod]
    public void TensorsHaveTheManifestsValues()
    {
        foreach (var (manifest, path, facts) in Files())
        {
            using var file = CheckpointFile.Open(path);
            var plan = WeightMatcher.Match(manifest.ArchitectureOf(facts), file, strict: false);
            // How far the stored type is from the fp32 values that the manifest gives.
            var tolerance = facts.GetProperty("logits").GetString() switch
            {
                "nano" or "float64" => 0,
                "float16" => 1e-3,
                "bfloat16" => 8e-3,
                _ => -1,
            };
            foreach (var name in plan.Names)
            {
                var values = plan.Read(name);
                Assert.AreEqual(TorchFile.Count(plan.Shape(name)), values.LongLength, $"{path}: {name}");
                if (tolerance >= 0 && Counter(manifest) is { } counter && name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
                    Assert.AreEqual(counter, values[0], $"{path}: {name}");
                if (tolerance >= 0 && manifest.Root.TryGetProperty("tensor_probe", out var probes)
                    && probes.TryGetProperty(name, out var probe))
                    CheckProbe(probe, values, plan.Shape(name), tolerance, $"{path}: {name}");
            }
        }
    }

    [TestMethod]
    public void CopyToGivesWhatReadGives()
    {
        foreach (var (_, path, _) in Files())
        {
            using var file = CheckpointFile.Open(path);
            foreach (var tensor in file.Tensors)
            {
                var copy = new float[tensor.Count];
                file.CopyTo(tensor.Name, copy);
                CollectionAssert.AreEqual(file.Read(tensor.Name), copy, $"{path}: {tensor.Name}");
            }
        }
    }

    [TestMethod]
    public void TrainingCheckpointsAreReadAsInertData()
    {
        var seen = 0;
        foreach (var (manifest, path, facts) in Files())
        {
            if (!facts.GetProperty("what").GetString()!.Contains("argparse", StringComparison.Ordinal)
                || !manifest.Root.TryGetProperty("training_checkpoint", out var expected))
                continue;
            seen++;
            CheckpointFormat format;
            using (var file = CheckpointFile.Open(path))
                format = file.Format;
            using var source = ByteSource.OpenFile(path);
            var (value, _) = format == CheckpointFormat.TorchLegacy ? LegacyContainer.Open(source) : ZipContainer.Open(source);
            var checkpoint = (PickledDictionary)value!;
            Assert.IsTrue(checkpoint.TryGet("epoch", out var epoch));
            Assert.AreEqual(expected.GetProperty("epoch").GetInt64(), epoch);

            Assert.IsTrue(checkpoint.TryGet("args", out var args));
            var arguments = (PickledObject)args!;
            Assert.AreEqual("argparse.Namespace", arguments.Type.ToString());
            var state = (PickledDictionary)arguments.State!;
            Assert.IsTrue(state.TryGet("model", out var model));
            Assert.AreEqual(expected.GetProperty("args_model").GetString(), model);
            Assert.IsTrue(state.TryGet("lr", out var learningRate));
            Assert.AreEqual(expected.GetProperty("args_lr").GetDouble(), learningRate);

            Assert.IsTrue(checkpoint.TryGet("optimizer", out var optimizer));
            Assert.IsTrue(((PickledDictionary)optimizer!).TryGet("state", out var entries));
            Assert.AreEqual(expected.GetProperty("optimizer_state_entries").GetInt32(), ((PickledDictionary)entries!).Items.Count);
        }
        if (seen == 0)
            Assert.Inconclusive("No training checkpoint with its facts in the manifests.");
    }

    [TestMethod]
    public void AnotherNumberOfClassesReplacesBothHeadsAndSaysSo()
    {
        foreach (var (manifest, path, facts) in Files())
        {
            using var file = CheckpointFile.Open(path);
            var architecture = manifest.ArchitectureOf(facts);
            var plan = WeightMatcher.Match(architecture with { NumClasses = architecture.NumClasses + 2 }, file, strict: false);
            Assert.AreEqual(architecture.NumClasses, plan.ReplacedClasses, path);
            CollectionAssert.AreEquivalent(
                new[] { "trans_cls_head.weight", "trans_cls_head.bias", "conv_cls_head.weight", "conv_cls_head.bias" },
                plan.LeftAtInitialValues.ToArray(), path);
            StringAssert.Contains(plan.Warnings[0], $"{architecture.NumClasses} classes", path);
        }
    }

    private static IEnumerable<(CheckpointManifest Manifest, string Path, JsonElement Facts)> Files() =>
        CheckpointManifest.Good().SelectMany(manifest => manifest.Files().Select(file => (manifest, file.Path, file.Facts)));

    /// <summary>What the manifest says that every BatchNorm's counter is, if it does.</summary>
    private static float? Counter(CheckpointManifest manifest) =>
        manifest.Root.TryGetProperty("weights", out var text)
        && Regex.Match(text.ToString(), @"num_batches_tracked is (\d+)") is { Success: true } match
            ? float.Parse(match.Groups[1].Value)
            : null;

    private static void CheckProbe(JsonElement probe, float[] values, IReadOnlyList<long> shape, double tolerance, string what)
    {
        var expectedShape = probe.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64());
        CollectionAssert.AreEqual(expectedShape.ToArray(), shape.ToArray(), what);
        var some = probe.GetProperty("first4").EnumerateArray().Append(probe.GetProperty("last")).Select(value => value.GetSingle());
        foreach (var (expected, actual) in some.Zip([.. values.Take(4), values[^1]]))
            Assert.AreEqual(expected, actual, tolerance * Math.Max(Math.Abs(expected), 0.01), what);
        var sum = probe.GetProperty("sum_f64").GetDouble();
        Assert.AreEqual(sum, values.Sum(value => (double)value), Math.Max(1e-6, tolerance * values.Sum(Math.Abs)), what);
    }
}
