using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Files;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer sweep` on small photos: trials of Conformer-Ti at 32 pixels, with an epoch of a few steps.</summary>
[TestClass]
public sealed class SweepCommandTests
{
    private const int TerminalColumns = 80;

    private static ConformerProgram _program = null!;
    private static (int ExitCode, string[] Output, string[] Errors) _sweep;

    [ClassInitialize]
    public static void Sweep(TestContext _)
    {
        _program = new ConformerProgram();
        for (var index = 0; index < 18; index++)
            for (var number = 0; number < 4; number++)
                _program.WritePhoto($"photos18/{ChineseName(index)}/{number}.png", 4 * index + number);
        for (var number = 0; number < 12; number++)
            _program.WritePhoto($"few/{(number % 2 == 0 ? "even" : "odd")}/{number}.png", number);
        _program.Write("text.txt", "no folder");
        Directory.CreateDirectory(_program.File("empty"));
        _sweep = _program.Run(["sweep", "photos18", "--max-models", "2", "--output", "out", .. Small(1)]);
    }

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void ShowsEachTrialInEightyColumnsAndMarksTheBest()
    {
        var rows = _sweep.Output.SkipWhile(line => !line.StartsWith("trial ", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith("swept-seconds:", StringComparison.Ordinal)).ToList();

        Assert.AreEqual(0, _sweep.ExitCode, string.Join('\n', _sweep.Errors));
        CollectionAssert.AreEqual(
            new[] { "trial", "state", "epochs", "micro-accuracy", "seconds" }, rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.AreEqual(2, rows.Count(row => row.Contains(" finished ", StringComparison.Ordinal)), string.Join('\n', rows));
        StringAssert.Contains(rows[1], " *0.");
        StringAssert.Contains(rows[2], "       crop-area-min=0.35 drop-path=0.1 ");
        foreach (var row in rows)
            Assert.IsTrue(VisibleText.ColumnsOf(row) <= TerminalColumns, row);
    }

    [TestMethod]
    public void ItsConfigurationTrainsTheSameModelOnceMore()
    {
        var (code, _, errors) = _program.Run("train", "--config", "out/best.yaml", "--output", "again");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        CollectionAssert.AreEqual(
            File.ReadAllBytes(_program.File("out/model.onnx")), File.ReadAllBytes(_program.File("again/model.onnx")));
        var options = _sweep.Output.Single(line => line.StartsWith("best-options: ", StringComparison.Ordinal));
        StringAssert.Contains(options, "best-recipe.json");
        StringAssert.Contains(options, " --learning-rate ");
        Assert.IsFalse(options.Contains("--epochs", StringComparison.Ordinal), "what is held is known");
    }

    [TestMethod]
    public void StartedAgainItGoesOnAndWritesJson()
    {
        var (code, output, errors) = _program.Run(
            ["sweep", "photos18", "--max-models", "2", "--output", "out", "--json", "--threads", "1", .. Small(1)]);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        var result = JsonDocument.Parse(string.Join('\n', output)).RootElement;
        Assert.AreEqual(2, result.GetProperty("trials").GetProperty("finished").GetInt32());
        Assert.IsTrue(File.Exists(result.GetProperty("model").GetString()));
        var metric = result.GetProperty("validation").GetDouble();
        CollectionAssert.Contains(_sweep.Output, FormattableString.Invariant($"validation-micro-accuracy: {metric:0.0000}"));
        CollectionAssert.Contains(errors, "resumed: 2 trials of an earlier run");
        Assert.AreEqual(2, errors.Count(line => line.Contains("finished, recalled", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void ABudgetBelowATrialGivesItsBestEpochAndSaysHowLongATrialTakes()
    {
        var (code, output, errors) = _program.Run(["sweep", "few", "--output", "short", "--time-budget", "8", .. Small(100_000)]);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        Assert.IsTrue(output.Any(line => line.Contains(" ended early ", StringComparison.Ordinal)), string.Join('\n', output));
        var end = string.Join(' ', output[^4..]);
        StringAssert.Contains(end, "of its 100000 epochs");
        StringAssert.Contains(end, "Such a trial takes about");
        StringAssert.Contains(end, "--time-budget ");
        Assert.IsTrue(File.Exists(_program.File("short/model.zip")) && File.Exists(_program.File("short/best.yaml")));
    }

    [TestMethod]
    public void ABudgetBelowAnEpochIsAnErrorThatNamesTheBudget()
    {
        var (code, _, errors) = _program.Run(
            "sweep", "few", "--output", "none", "--time-budget", "1", "--variant", "base", "--epochs", "2", "--device", "cpu");

        Assert.AreEqual(1, code);
        StringAssert.StartsWith(errors.Single(), "error: ");
        StringAssert.Contains(errors.Single(), "--time-budget");
    }

    [TestMethod]
    public void BadImagesOfAManifestAreLeftOutOrTheReasonWhyTrialsFail()
    {
        var photos = Directory.GetFiles(_program.File("few"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => Path.GetRelativePath(_program.File(""), path).Replace('\\', '/')).ToList();
        var list = _program.Write("list.csv", "path,label\n" + string.Concat(photos.Append("text.txt").Select(
            (photo, index) => $"{photo},{(index % 2 == 0 ? "even" : "odd")}\n")));
        var lines = _program.Write("list.jsonl", string.Concat(photos.Append("text.txt").Select((photo, index) => JsonSerializer.Serialize(
            new { path = photo, label = index % 2 == 0 ? "even" : "odd", split = photo == "text.txt" || index % 3 == 0 ? "train" : index % 3 == 1 ? "val" : "test" }) + "\n")));

        var skipping = _program.Run(["sweep", list, "--skip-bad-images", "--max-models", "1", "--patience", "5", "--output", "csv", .. Small(1)]);
        var failing = _program.Run(["sweep", lines, "--max-models", "3", "--output", "jsonl", .. Small(1)]);

        Assert.AreEqual(0, skipping.ExitCode, string.Join('\n', skipping.Errors));
        Assert.IsTrue(skipping.Errors.Any(line => line.StartsWith("warning: ", StringComparison.Ordinal)
            && line.Contains("text.txt", StringComparison.Ordinal)), string.Join('\n', skipping.Errors));
        Assert.AreEqual(1, failing.ExitCode);
        Assert.AreEqual(3, failing.Output.Count(line => line.EndsWith("  failed", StringComparison.Ordinal)), string.Join('\n', failing.Output));
        Assert.AreEqual(3, failing.Output.Count(line => line.Contains("text.txt", StringComparison.Ordinal)), "each says why");
        StringAssert.Contains(failing.Errors.Single(), "--skip-bad-images");
    }

    [TestMethod]
    public async Task InterruptedItPublishesTheBestModelAndEndsWith130()
    {
        CtrlC.RequireOrInconclusive();
        var start = _program.Start(["sweep", "few", "--output", "interrupted", "--time-budget", "3600", .. Small(3)]);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await Patience.UntilAsync(
                () => process.HasExited || File.Exists(_program.File("interrupted/models/trial-0.onnx")), "a trial finished");

            CtrlC.Send(process);

            Assert.AreEqual(130, process.ExitCode, await errors);
            StringAssert.StartsWith((await errors).TrimEnd().Split('\n')[^1], "interrupted");
            StringAssert.Contains(await output, "held-out-micro-accuracy: ");
            Assert.IsTrue(File.Exists(_program.File("interrupted/model.zip")) && File.Exists(_program.File("interrupted/best.yaml")));
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }

    /// <summary>Spaces divide the arguments.</summary>
    [TestMethod]
    [DataRow("absent", "DATA: there is no file or folder 'absent'.")]
    [DataRow("empty", "DATA: The image folder '")]
    [DataRow("few --recipe nothing", "--recipe: 'nothing' is no file, and no recipe's name: FineTune, ")]
    [DataRow("few --pretrained-weights absent.pth", "--pretrained-weights: there is no file 'absent.pth', and the published names are ")]
    [DataRow("few --pretrained-weights text.txt", "--pretrained-weights: ")]
    [DataRow("few --freeze backbone", "--freeze is Backbone, and --pretrained-weights is not given: there is nothing to keep")]
    [DataRow("few --metric f1", "--metric must be one of microaccuracy, macroaccuracy, logloss, not 'f1'.")]
    [DataRow("few --time-budget 0", "--time-budget must be a whole number from 1 to 2147483, not '0'.")]
    [DataRow("few --output text.txt", "for --output cannot be used: ")]
    [DataRow("photos18 --variant tiny --image-size 64 --max-models 2 --output out", "is of another experiment: ")]
    public void OneLineNamesTheArgument(string arguments, string message)
    {
        string[] output = arguments.Contains("--output", StringComparison.Ordinal) ? [] : ["--output", "new"];

        var (code, text, errors) = _program.Run(["sweep", .. arguments.Split(' '), .. output]);

        Assert.AreEqual(2, code, string.Join('\n', errors));
        Assert.IsEmpty(text);
        StringAssert.StartsWith(errors.Single(), "error: ");
        StringAssert.Contains(errors.Single(), message);
        Assert.IsFalse(Directory.Exists(_program.File("new")));
    }

    private static string[] Small(int epochs) =>
        ["--variant", "tiny", "--image-size", "32", "--batch-size", "2", "--epochs", $"{epochs}", "--device", "cpu"];

    /// <summary>Names of 18 classes, of letters that take two columns each.</summary>
    private static string ChineseName(int index) => $"第{(char)('一' + index)}类花卉的照片";
}
