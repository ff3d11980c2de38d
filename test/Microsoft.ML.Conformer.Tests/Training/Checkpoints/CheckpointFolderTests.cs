using Microsoft.ML.Conformer.Training.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Checkpoints;

[TestClass]
public sealed class CheckpointFolderTests
{
    private static readonly Dictionary<string, string> _run = new() { ["BatchSize"] = "32", ["the classes"] = "cat, \"dog\"" };

    [LeakCheckedTestMethod]
    public void WhatIsSavedIsLoadedToTheBit()
    {
        using var temporary = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["floats"] = tensor(new[] { 1.5f, float.MaxValue, -0f, 1e-45f }).reshape(2, 2).t(), // not in row-major order
            ["counter"] = tensor(3L),
            ["bytes"] = tensor(new byte[] { 0, 255, 7 }),
        };
        var state = new State(7, double.NaN, TimeSpan.FromTicks(123_456_789_012));
        using (var folder = Open(temporary))
            folder.Save(5, _run, state, tensors);

        using var again = Open(temporary, resume: true);
        using var loaded = again.Load<State>(_run, Assert.Fail)!;

        Assert.AreEqual(state, loaded.State);
        Assert.AreEqual(5, loaded.Steps);
        CollectionAssert.AreEqual(new[] { 1.5f, -0f, float.MaxValue, 1e-45f }, loaded.Tensors.Read("floats"));
        CollectionAssert.AreEqual(new[] { 3f }, loaded.Tensors.Read("counter"));
        CollectionAssert.AreEqual(new[] { 0f, 255, 7 }, loaded.Tensors.Read("bytes"));
    }

    [LeakCheckedTestMethod]
    [DataRow("json", DisplayName = "a digit of the state")]
    [DataRow("safetensors", DisplayName = "a bit of a tensor")]
    [DataRow("cut", DisplayName = "the end of the tensors")]
    [DataRow("absent", DisplayName = "all tensors")]
    public void ADamagedCheckpointIsPassedOverWithAWarningForTheOneBefore(string damage)
    {
        using var temporary = new TemporaryFolder();
        SaveSteps(temporary, 1, 2);
        var (json, data) = (temporary.File("step-00000002.json"), temporary.File("step-00000002.safetensors"));
        switch (damage)
        {
            case "json":
                File.WriteAllText(json, File.ReadAllText(json).Replace("\"Epoch\": 2", "\"Epoch\": 3", StringComparison.Ordinal));
                break;
            case "safetensors":
                var bytes = File.ReadAllBytes(data);
                bytes[^1] ^= 1;
                File.WriteAllBytes(data, bytes);
                break;
            case "cut":
                File.WriteAllBytes(data, File.ReadAllBytes(data)[..^4]);
                break;
            default:
                File.Delete(data);
                break;
        }
        var warnings = new List<string>();
        using var folder = Open(temporary, resume: true);

        using (var loaded = folder.Load<State>(_run, warnings.Add)!)
            Assert.AreEqual(1, loaded.State.Epoch);

        StringAssert.Contains(warnings.Single(), "step 2");
        Save(folder, 2); // reached again
        using (var loaded = folder.Load<State>(_run, Assert.Fail)!)
            Assert.AreEqual(2, loaded.State.Epoch);
    }

    [LeakCheckedTestMethod]
    public void WhereAllAreDamagedNothingBeginsAnewByItself()
    {
        using var temporary = new TemporaryFolder();
        SaveSteps(temporary, 1, 2);
        foreach (var file in Directory.EnumerateFiles(temporary.Path, "*.safetensors"))
            File.WriteAllText(file, "");
        using var folder = Open(temporary, resume: true);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => folder.Load<State>(_run, _ => { }));

        StringAssert.Contains(error.Message, temporary.Path);
    }

    [LeakCheckedTestMethod]
    public void AnotherRunsCheckpointIsAnErrorThatListsTheDifferences()
    {
        using var temporary = new TemporaryFolder();
        SaveSteps(temporary, 1);
        using var folder = Open(temporary, resume: true);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => folder.Load<State>(
            new Dictionary<string, string> { ["BatchSize"] = "16", ["Seed"] = "0", ["the classes"] = "cat, \"dog\"" }, Assert.Fail));

        StringAssert.Contains(error.Message, "BatchSize was 32 and is 16; Seed was nothing and is 0.");
    }

    [LeakCheckedTestMethod]
    public void TheNewestAreKeptAndOneOfAPassedOverFutureIsNot()
    {
        using var temporary = new TemporaryFolder();
        using var folder = Open(temporary);
        foreach (var step in new[] { 1, 2, 9, 3, 4 })
            Save(folder, step);
        File.WriteAllText(temporary.File("step-00000007.safetensors"), "of a run that was killed");

        Save(folder, 5);

        CollectionAssert.AreEquivalent(
            new[] { "step-00000004.json", "step-00000004.safetensors", "step-00000005.json", "step-00000005.safetensors" },
            Directory.EnumerateFiles(temporary.Path, "step*").Select(Path.GetFileName).ToList());
    }

    [LeakCheckedTestMethod]
    public void AFolderWithCheckpointsIsTakenOnlyToResume()
    {
        using var temporary = new TemporaryFolder();
        SaveSteps(temporary, 1, 2);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Open(temporary));

        StringAssert.Matches(error.Message, new("step 2.*Checkpoints\\.Resume"));
        using var folder = Open(temporary, resume: true); // the failed attempt did not keep it
    }

    [LeakCheckedTestMethod]
    public void OneRunAtATimeHasAFolder()
    {
        using var temporary = new TemporaryFolder();
        using (Open(temporary))
            StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => Open(temporary)).Message, temporary.Path);
        using var folder = Open(temporary);
        Assert.IsNull(folder.Load<State>(_run, Assert.Fail));
    }

    [LeakCheckedTestMethod]
    public void ARunThatIsRefusedLeavesTheFilesOfTheOneThatHasTheFolder()
    {
        using var temporary = new TemporaryFolder();
        using var folder = Open(temporary);
        var inTheWriting = temporary.File("step-00000001.safetensors.partial");
        File.WriteAllText(inTheWriting, "");

        Assert.ThrowsExactly<IOException>(() => Open(temporary));

        Assert.IsTrue(File.Exists(inTheWriting));
    }

    [LeakCheckedTestMethod]
    public void ADamagedCheckpointTakesNoPlaceOfTheOnesThatAreKept()
    {
        using var temporary = new TemporaryFolder();
        SaveSteps(temporary, 1, 2);
        File.Delete(temporary.File("step-00000002.safetensors"));
        using var folder = Open(temporary, resume: true);
        folder.Load<State>(_run, _ => { })!.Dispose();

        Save(folder, 3);

        CollectionAssert.AreEquivalent(
            new[] { "step-00000001.json", "step-00000003.json" },
            Directory.EnumerateFiles(temporary.Path, "*.json").Select(Path.GetFileName).ToList());
    }

    [TestMethod]
    public void AFileInThePlaceOfTheFolderIsNamedBeforeAnyWork()
    {
        using var temporary = new TemporaryFolder();
        var file = temporary.File("file");
        File.WriteAllText(file, "");

        StringAssert.Contains(
            Assert.ThrowsExactly<IOException>(() => new CheckpointFolder(new CheckpointOptions { Folder = file })).Message, file);
    }

    [LeakCheckedTestMethod]
    public void TheyAreDueByStepsOrByTimeAsTheOptionsSay()
    {
        using var temporary = new TemporaryFolder();
        var clock = new ManualClock();
        Assert.AreEqual("5 10 15", Due(new() { EverySteps = 5 }));
        Assert.AreEqual("7 14", Due(new() { Every = TimeSpan.FromMinutes(7) }));
        Assert.AreEqual("5 10 15", Due(new() { EverySteps = 5, Every = TimeSpan.FromMinutes(7) }));
        Assert.AreEqual("10", Due(new()));

        string Due(CheckpointOptions options)
        {
            options.Folder = temporary.File(Guid.NewGuid().ToString("N"));
            using var folder = new CheckpointFolder(options, clock);
            var due = new List<int>();
            for (var step = 1; step <= 16; step++)
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                if (!folder.IsDue(step))
                    continue;
                due.Add(step);
                Save(folder, step);
            }
            return string.Join(' ', due);
        }
    }

    private static CheckpointFolder Open(TemporaryFolder folder, bool resume = false) =>
        new(new CheckpointOptions { Folder = folder.Path, Resume = resume });

    private static void SaveSteps(TemporaryFolder temporary, params int[] steps)
    {
        using var folder = Open(temporary);
        foreach (var step in steps)
            Save(folder, step);
    }

    private static void Save(CheckpointFolder folder, int step)
    {
        using var weights = full(8, (float)step);
        folder.Save(step, _run, new State(step, 0.5, TimeSpan.Zero), new Dictionary<string, Tensor> { ["weights"] = weights });
    }

    private sealed record State(int Epoch, double Loss, TimeSpan Elapsed);
}
