using System.IO.Hashing;
using System.Text;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Checkpoints;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Checkpoints;

/// <summary>Checkpoints that nobody's training wrote, with hashes that are right.</summary>
[TestClass]
public sealed class HostileCheckpointTests
{
    private static readonly Dictionary<string, string> _run = new() { ["Seed"] = "1" };

    private static readonly Validation _finite = new ClassificationFigures(0.5, 1).ToValidation(ValidationMetric.Accuracy);
    private static readonly Validation _diverged = new ClassificationFigures(0.5, double.NaN).ToValidation(ValidationMetric.Accuracy);

    private static readonly TrainingState _sound = new()
    {
        Epoch = 2,
        Step = 1,
        Images = 8,
        LossSum = 1,
        Steps = 7,
        EpochStart = TimeSpan.FromSeconds(1),
        Elapsed = TimeSpan.FromSeconds(2),
        Threads = 1,
        BestEpoch = 1,
        Validations = [_finite, _diverged],
        TimesPerImage = [TimeSpan.Zero, TimeSpan.Zero],
    };

    [LeakCheckedTestMethod]
    [DataRow("pipe", "is a pipe")]
    [DataRow("sparse", "has 1073741824 bytes; expected at most 16777216")]
    [DataRow("deep", "is damaged, or of another version")]
    [DataRow("{\"hash\": 1}", "is damaged, or of another version")]
    [DataRow("null", "is damaged, or of another version")]
    [DataRow("body null", "It is null.")]
    [DataRow("body {\"Tensors\": null, \"Run\": {}, \"State\": {}}", "is damaged, or of another version")]
    [DataRow("body {\"Tensors\": \"\", \"Run\": null, \"State\": {}}", "is damaged, or of another version")]
    [DataRow("body {\"Tensors\": \"\", \"Run\": {}, \"State\": null}", "It has no state.")]
    [DataRow("body {\"Tensors\": \"\", \"Run\": {}, \"State\": {\"Epoch\": 3000000000}}", "is damaged, or of another version")]
    [DataRow("body {\"Tensors\": \"\", \"Run\": {}, \"State\": {\"TimesPerImage\": null}}", "is damaged, or of another version")]
    public void AStateThatIsNoneIsNamedWithItsFault(string content, string fault)
    {
        using var temporary = new TemporaryFolder();
        var file = temporary.File("step-00000007.json");
        if (content == "pipe")
            SpecialFile.Pipe(file);
        else if (content == "sparse")
            using (var sparse = File.Create(file))
                sparse.SetLength(1L << 30);
        else
            File.WriteAllText(file, content == "deep" ? new string('[', 1_000_000)
                : content.StartsWith("body ", StringComparison.Ordinal) ? Hashed(content[5..]) : content);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => CheckpointState.Read<TrainingState>(file));

        StringAssert.Contains(error.Message, $"'{file}'");
        StringAssert.Contains(error.Message, fault);
    }

    [LeakCheckedTestMethod]
    public void TensorsInAPipeAreNotWaitedFor()
    {
        using var temporary = new TemporaryFolder();
        SpecialFile.Pipe(temporary.File("step-00000007.safetensors"));
        File.WriteAllText(temporary.File("step-00000007.json"), Hashed("""{"Tensors": "", "Run": {"Seed": "1"}, "State": {}}"""));

        StringAssert.Contains(LoadFault(temporary), "step-00000007.safetensors' is a pipe");
    }

    [LeakCheckedTestMethod]
    public void AStateThatNoRunComesToIsPassedOver()
    {
        using var temporary = new TemporaryFolder();
        using (var folder = new CheckpointFolder(new CheckpointOptions { Folder = temporary.Path }))
            folder.Save(7, _run, _sound with { Images = -1 }, new Dictionary<string, Tensor>());

        StringAssert.Contains(LoadFault(temporary), "step-00000007.json' is of no run: Images is -1 after 1 steps of the epoch.");
    }

    [TestMethod]
    public void EachFigureOfAStateMustBePossible()
    {
        Assert.IsNull(_sound.Fault(3));
        Assert.IsNull((_sound with { Step = 0, Images = 0, Steps = 6, LossSum = 0 }).Fault(3));
        foreach (var (state, name) in new[]
        {
            (_sound with { Epoch = -1 }, "Epoch"), (_sound with { Step = 4 }, "Step"), (_sound with { Step = -1 }, "Step"),
            (_sound with { Images = 0 }, "Images"), (_sound with { Steps = long.MaxValue }, "Steps"),
            (_sound with { LossSum = double.NaN }, "LossSum"), (_sound with { EpochStart = TimeSpan.MinValue }, "EpochStart"),
            (_sound with { Elapsed = TimeSpan.Zero }, "EpochStart"), (_sound with { AtOnce = 0 }, "AtOnce"),
            (_sound with { Threads = int.MinValue }, "Threads"), (_sound with { BestEpoch = 3 }, "BestEpoch"),
            (_sound with { BestEpoch = 2 }, "BestEpoch"),
            (_sound with { Validations = [] }, "BestEpoch"), (_sound with { TimesPerImage = [] }, "TimesPerImage"),
            (_sound with { Validations = [_finite] }, "Validations"), (_sound with { Validations = [_finite, null!] }, "Validations"),
            (_sound with { Validations = [.. Enumerable.Repeat(_finite, 100_000)] }, "Validations"),
        })
            StringAssert.StartsWith(state.Fault(3)!, name);
    }

    private static string LoadFault(TemporaryFolder temporary)
    {
        using var folder = new CheckpointFolder(new CheckpointOptions { Folder = temporary.Path, Resume = true });
        return Assert.ThrowsExactly<InvalidDataException>(
            () => folder.Load<TrainingState>(_run, _ => { }, state => state.Fault(3))).Message;
    }

    private static string Hashed(string body) =>
        $$"""{"hash": "{{Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(body)))}}", "checkpoint": {{body}}}""";
}
