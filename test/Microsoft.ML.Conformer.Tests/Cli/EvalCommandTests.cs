using System.Diagnostics;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer eval` as it is called.</summary>
[TestClass]
public sealed class EvalCommandTests
{
    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _) => _program = new ConformerProgram();

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void AllFilesAreWrittenAndTheTextFitsATerminalWhateverClassesAreCalled()
    {
        var other = _program.WriteModel("other.onnx", new(), [.. ConformerProgram.Classes.Reverse()]);
        var some = Directory.GetFiles(_program.File("photos/val"), "*.png", SearchOption.AllDirectories).Take(7);
        var boxes = _program.Write(
            "boxes.csv", string.Join('\n', ["path,left,top,width,height", .. some.Select(path => $"\"{path}\",10,10,60,50")]));

        var (code, output, errors) = _program.Run(
            "eval", _program.Model, _program.Photos, "--compare", other, "--boxes", boxes, "--robustness", "--flip",
            "--batch-size", "5", "--threads", "1", "--output", "all");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        CollectionAssert.AreEqual(
            (string[])[
                "evaluation.html", "evaluation.json", "localization.json", "robustness.html", "robustness.json"],
            _program.Left("all"));
        TerminalText.AssertFits(output);
        Assert.AreEqual("12 images of 3 classes; 0 could not be used, 0 rows have no label", output[0]);
        Assert.IsTrue(output.Any(line => line.Contains("郁金香", StringComparison.Ordinal)), "class names are shown");
        CollectionAssert.Contains(output, "7 images with boxes, 5 without; accuracy " + Number("localization.json", "accuracy"));
        CollectionAssert.Contains(output, "12 images, distorted");
        CollectionAssert.Contains(output, $"compared with {other}:");
        Assert.IsTrue(errors.All(line => line.StartsWith("evaluation: ", StringComparison.Ordinal)), string.Join('\n', errors));

        string Number(string file, string property)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(_program.File($"all/{file}")));
            return FormattableString.Invariant($"{json.RootElement.GetProperty(property).GetDouble():0.000}");
        }
    }

    [TestMethod]
    public void ACalibratedModelHasTheTemperatureThatFits()
    {
        var model = _program.WriteColors("colors");

        var (code, output, errors) = _program.Run("eval", model, _program.File("colors"), "--calibrate", "--output", "calibrated");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        var file = _program.File("calibrated/calibrated.onnx");
        Assert.AreEqual($"calibrated: {file}", output[^1]);
        using var json = JsonDocument.Parse(File.ReadAllText(_program.File("calibrated/evaluation.json")));
        using var calibrated = new MLContext().Model.LoadImageClassifier(file);
        Assert.AreEqual(
            json.RootElement.GetProperty("calibration").GetProperty("temperature").GetDouble(), calibrated.Temperature, 1e-12);
        Assert.AreNotEqual(1, calibrated.Temperature);
    }

    [TestMethod]
    public void ImagesOfNoClassAndBadOnesAreLeftOutWhereTheOptionsSaySo()
    {
        _program.Write("none/bad.jpg", "This is no image, but has more bytes than an image's header.");
        _program.WritePhoto("none/weed.png", 50);
        _program.WritePhoto("none/1.png", 51);
        var list = _program.Write("none/list.csv", $"path,label\n1.png,{ConformerProgram.Classes[0]}\nweed.png,weed\nbad.jpg,weed\n");
        string[] arguments = ["eval", _program.Model, list, "--output", "none/out"];

        var unknown = _program.Run(arguments);
        var bad = _program.Run([.. arguments, "--none-label", "weed"]);
        var (code, output, errors) = _program.Run([.. arguments, "--none-label", "weed", "--skip-bad-images", "--robustness"]);

        Assert.AreEqual((1, 1), (unknown.ExitCode, bad.ExitCode));
        StringAssert.StartsWith(unknown.Errors.Single(), "error: The label 'weed' is no class of the model; its classes are 郁");
        StringAssert.EndsWith(unknown.Errors.Single(), "or name it with --none-label if they are of none of the classes.");
        StringAssert.Contains(bad.Errors.Single(), $"The image '{_program.File("none/bad.jpg")}' (row 0) cannot be read: ");
        StringAssert.EndsWith(bad.Errors.Single(), " --skip-bad-images leaves such images out.");
        Assert.AreEqual(0, code, string.Join('\n', errors));
        StringAssert.StartsWith(output[0], "1 image of 3 classes, 1 of none of them; 1 could not be used, ");
        CollectionAssert.Contains(output, "1 image, distorted");
    }

    [TestMethod]
    public void AModelIn16BitsIsEvaluatedAndWhatItLacksIsTheArgumentsFault()
    {
        var model = _program.WriteModel("half.onnx", new() { Precision = OnnxPrecision.Float16 });

        var (code, output, errors) = _program.Run("eval", model, _program.Photos, "--output", "half");
        var wrong = _program.Run("eval", model, _program.Photos, "--output", "half", "--calibrate");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        StringAssert.StartsWith(output[1], "95 % intervals");
        CollectionAssert.AreEqual((string[])["evaluation.html", "evaluation.json"], _program.Left("half"));
        Assert.AreEqual(2, wrong.ExitCode);
        StringAssert.StartsWith(wrong.Errors.Single(), "error: --calibrate: ");
        StringAssert.Contains(wrong.Errors.Single(), "32-bit floats");
    }

    [TestMethod]
    public async Task InterruptedItEndsWith130AndLeavesNothingHalfWritten()
    {
        CtrlC.RequireOrInconclusive();
        var photo = Directory.GetFiles(_program.File("photos/val"), "*.png", SearchOption.AllDirectories)[0];
        var list = _program.Write("many.csv", "path,label\n" + string.Concat(
            Enumerable.Repeat($"\"{photo}\",{ConformerProgram.Classes[0]}\n", 500)));
        var start = _program.Start(
            "eval", _program.Model, list, "--robustness", "--batch-size", "1", "--threads", "1", "--output", "interrupted");
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await Patience.UntilAsync(
                () => process.HasExited || File.Exists(_program.File("interrupted/evaluation.html")), "the photos were evaluated");

            CtrlC.Send(process);

            Assert.AreEqual(130, process.ExitCode, await errors);
            StringAssert.EndsWith((await errors).TrimEnd(), "interrupted");
            StringAssert.StartsWith(await output, "500 images of 3 classes");
            CollectionAssert.AreEqual((string[])["evaluation.html", "evaluation.json"], _program.Left("interrupted"));
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }
}
