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
    public static IEnumerable<object?[]> WithUnexpectedKey => CheckpointGolden.GoodWith(golden => UnexpectedKey(golden) is not null);

    public static IEnumerable<object?[]> WithOtherClasses =>
        CheckpointGolden.GoodWith(golden => golden.Architecture.NumClasses != golden.ManifestArchitecture.NumClasses);

    public static IEnumerable<object?[]> OfTraining => CheckpointGolden.GoodWith(golden =>
        golden.What.Contains("argparse", StringComparison.Ordinal) && golden.Manifest.TryGetProperty("training_checkpoint", out _));

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Good), typeof(CheckpointGolden))]
    public void AFileFitsItsArchitectureButForKeysThatItHasTooMany(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        using var file = CheckpointFile.Open(golden.Path);
        try
        {
            WeightMatcher.Match(golden.Architecture, file);
        }
        catch (WeightMismatchException exception)
        {
            foreach (var fault in exception.Faults)
                StringAssert.EndsWith(fault, "is unexpected.");
        }
        var plan = WeightMatcher.Match(golden.Architecture, file, strict: false);
        Assert.AreEqual(0, plan.LeftAtInitialValues.Count);
        Assert.IsNull(plan.ReplacedClasses);
    }

    [TestMethod]
    [DynamicData(nameof(WithUnexpectedKey))]
    public void AnUnexpectedKeyIsAnErrorThatNamesItAndIsIgnoredWhereNotStrict(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        using var file = CheckpointFile.Open(golden.Path);
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() => WeightMatcher.Match(golden.Architecture, file));
        StringAssert.Contains(exception.Faults.Single(), UnexpectedKey(golden)!);
        Assert.IsFalse(WeightMatcher.Match(golden.Architecture, file, strict: false).Contains(UnexpectedKey(golden)!));
    }

    [TestMethod]
    [DynamicData(nameof(WithOtherClasses))]
    public void AFileForOtherClassesThanTheManifestsFitsWithoutItsHeadsOnly(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        using var file = CheckpointFile.Open(golden.Path);
        var exception = Assert.ThrowsExactly<WeightMismatchException>(() =>
            WeightMatcher.Match(golden.ManifestArchitecture, file, replaceHeads: false));
        var tensors = 2 * golden.Architecture.Heads.Count;
        Assert.AreEqual(tensors, exception.Faults.Count);
        Assert.AreEqual(tensors, WeightMatcher.Match(golden.ManifestArchitecture, file).LeftAtInitialValues.Count);
    }

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Good), typeof(CheckpointGolden))]
    public void TensorsHaveTheManifestsValues(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        using var file = CheckpointFile.Open(golden.Path);
        var plan = WeightMatcher.Match(golden.Architecture, file, strict: false);
        // How far the stored type is from the fp32 values that the manifest gives.
        var tolerance = (golden.Facts.TryGetProperty("logits", out var logits) ? logits.GetString() : "") switch
        {
            "nano" or "float64" => 0,
            "float16" => 1e-3,
            "bfloat16" => 8e-3,
            _ => -1,
        };
        foreach (var name in plan.Names)
        {
            var values = plan.Read(name);
            Assert.AreEqual(TorchFile.Count(plan.Shape(name)), values.LongLength, name);
            if (tolerance >= 0 && Counter(golden) is { } counter && name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
                Assert.AreEqual(counter, values[0], name);
            if (tolerance >= 0 && golden.Manifest.TryGetProperty("tensor_probe", out var probes)
                && probes.TryGetProperty(name, out var probe))
                CheckProbe(probe, values, plan.Shape(name), tolerance, name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Good), typeof(CheckpointGolden))]
    public void CopyToGivesWhatReadGives(string? path)
    {
        using var file = CheckpointFile.Open(CheckpointGolden.Open(path).Path);
        foreach (var tensor in file.Tensors)
        {
            var copy = new float[tensor.Count];
            file.CopyTo(tensor.Name, copy);
            CollectionAssert.AreEqual(file.Read(tensor.Name), copy, tensor.Name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(OfTraining))]
    public void ATrainingCheckpointIsReadAsInertData(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        var expected = golden.Manifest.GetProperty("training_checkpoint");
        CheckpointFormat format;
        using (var file = CheckpointFile.Open(golden.Path))
            format = file.Format;
        using var source = ByteSource.OpenFile(golden.Path);
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

    [TestMethod]
    [DynamicData(nameof(CheckpointGolden.Good), typeof(CheckpointGolden))]
    public void AnotherNumberOfClassesReplacesAllHeadsAndSaysSo(string? path)
    {
        var golden = CheckpointGolden.Open(path);
        using var file = CheckpointFile.Open(golden.Path);
        var classes = golden.Architecture.NumClasses;
        var plan = WeightMatcher.Match(golden.Architecture with { NumClasses = classes + 2 }, file, strict: false);
        Assert.AreEqual(classes, plan.ReplacedClasses);
        CollectionAssert.AreEquivalent(
            golden.Architecture.Heads.SelectMany(head => (string[])[$"{head.Layer}.weight", $"{head.Layer}.bias"]).ToArray(),
            plan.LeftAtInitialValues.ToArray());
        StringAssert.Contains(plan.Warnings[0], $"{classes} classes");
    }

    private static string? UnexpectedKey(CheckpointGolden golden) =>
        Regex.Match(golden.What, "unexpected key '([^']+)'") is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>What the manifest says that every BatchNorm's counter is, if it does.</summary>
    private static float? Counter(CheckpointGolden golden) =>
        golden.Manifest.TryGetProperty("weights", out var text)
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
