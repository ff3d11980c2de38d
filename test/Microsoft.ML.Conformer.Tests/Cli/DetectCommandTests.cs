using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Models;
using Microsoft.ML.Conformer.Tests.Detection;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer detect train` and what becomes of a detector, as it is called.</summary>
[TestClass]
public sealed class DetectCommandTests
{
    private static readonly string[] _results =
    [
        "architecture.json", "config.yaml", "evaluation.json", "history.csv", "model.onnx", "model.zip", "report.html", "run.json", "train.log",
    ];

    private static readonly string[] _quick =
    [
        "--architecture", "small.json", "--longest-side", "64", "--shortest-side", "64", "--learning-rate", "1e-3", "--warmup-steps", "2",
        "--max-gradient-norm", "5", "--threads", "1",
    ];

    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _)
    {
        _program = new ConformerProgram();
        DrawnObjects.Draw(_program.File("training"), count: 10, seed: 1);
        DrawnObjects.Draw(_program.File("validation"), count: 4, seed: 2);
        _program.Write("small.json", DetectorMetadata.ToJson(DrawnObjects.Detector));
        _program.Write("misspelt.json", DetectorMetadata.ToJson(DrawnObjects.Detector).Replace("hiddenWidth", "hiddenwidth"));
        Directory.CreateDirectory(_program.File("empty"));
    }

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    /// <summary>A run, its interruption, what goes on from it, and what is done with its detector: as one would work.</summary>
    [TestMethod]
    public async Task AnInterruptedRunGoesOnToADetectorThatIsUsed()
    {
        CtrlC.RequireOrInconclusive();
        _program.Write("own.json", DetectorMetadata.ToJson(DrawnObjects.Detector));

        var (code, errors) = await InterruptAfterFirstEpochAsync(
            [
                "detect", "train", "training/instances.json", "--validation", "validation/instances.json", "--head", "mask-rcnn",
                "--epochs", "6", "--output", "run", .. _quick.Select(one => one == "small.json" ? "own.json" : one),
            ]);

        Assert.AreEqual(130, code, errors);
        StringAssert.Contains(errors, $"`conformer detect train --resume {_program.File("run")}` goes on");
        Assert.AreEqual("interrupted", Record("run").GetProperty("state").GetString());
        using (var best = new MLContext().Model.LoadObjectDetector(_program.File("run/model.zip")))
            CollectionAssert.AreEqual(DrawnObjects.Classes, best.ClassNames.ToArray());

        File.Delete(_program.File("own.json")); // a run has a copy
        var (resumed, output, faults) = _program.Run("detect", "train", "--resume", "run");

        Assert.AreEqual(0, resumed, string.Join('\n', faults));
        TerminalText.AssertFits(output.Where(line => !line.Contains(_program.File(""), StringComparison.Ordinal)));
        Assert.IsTrue(output.Any(line => line.Contains("AP    mask AP", StringComparison.Ordinal)), string.Join('\n', output));
        CollectionAssert.AreEqual(_results, _program.Left("run"));
        Assert.IsFalse(Directory.Exists(_program.File("run/checkpoints")), "a run that has ended needs none");
        Assert.AreEqual(7, File.ReadLines(_program.File("run/history.csv")).Count());
        StringAssert.Contains(File.ReadAllText(_program.File("run/config.yaml")), "\nhead: mask-rcnn\n");
        StringAssert.Contains(
            File.ReadAllText(_program.File("run/config.yaml")), $"\nvalidation: {_program.File("validation/instances.json")}\n");
        AssertListed("run");
        AssertEvaluatesAlike("run");
        AssertFindsAlike("run");
        AssertRefusedElsewhere("run/model.onnx");
    }

    /// <summary>Photos as YOLO tools have them, one of which is damaged; a share of them validates.</summary>
    [TestMethod]
    public void AShareOfTheImagesValidatesAndBadOnesAreLeftOut()
    {
        var photos = DrawnObjects.Draw(_program.File("yolo/images"), count: 6, seed: 3);
        File.Delete(photos);
        foreach (var image in Directory.GetFiles(_program.File("yolo/images")))
            _program.Write($"yolo/labels/{Path.GetFileNameWithoutExtension(image)}.txt", "1 0.5 0.5 0.5 0.5");
        _program.Write("yolo/data.yaml", "names: [red, blue]");
        var bytes = File.ReadAllBytes(_program.File("yolo/images/1.png"));
        File.WriteAllBytes(_program.File("yolo/images/1.png"), bytes[..(bytes.Length / 2)]);
        string[] train =
        [
            "detect", "train", "yolo", "--validation-fraction", "0.4", "--head", "retinanet", "--epochs", "1", "--decay-epochs", "",
            "--output", "of-yolo", .. _quick,
        ];

        var (code, output, errors) = _program.Run([.. train, "--skip-bad-images"]);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        StringAssert.Contains(errors.Single(line => line.Contains("Skipped a ", StringComparison.Ordinal)), "1.png");
        StringAssert.Contains(output[1], "retinanet on Conformer: 2 classes, 4 images to train on, 2 to validate");
        var record = Record("of-yolo");
        Assert.AreEqual("finished", record.GetProperty("state").GetString());
        Assert.AreEqual(64, record.GetProperty("longestSide").GetInt32());
        StringAssert.Contains(File.ReadAllText(_program.File("of-yolo/config.yaml")), "\ndecay-epochs: ''\n");
        string[] evaluate = ["detect", "eval", "of-yolo/model.onnx", "yolo", "--output", "yolo-evaluated"];
        var refused = _program.Run(evaluate);
        Assert.AreEqual(1, refused.ExitCode);
        StringAssert.EndsWith(
            refused.Errors.Single(line => line.StartsWith("error: ", StringComparison.Ordinal)),
            " --skip-bad-images leaves such images out.");
        var evaluated = _program.Run([.. evaluate, "--skip-bad-images"]);
        Assert.AreEqual(0, evaluated.ExitCode, string.Join('\n', evaluated.Errors));
        StringAssert.Contains(evaluated.Errors.Single(line => line.StartsWith("skipped: '", StringComparison.Ordinal)), "1.png");
        StringAssert.StartsWith(evaluated.Output[0], "boxes of 5 objects in 5 images");
    }

    /// <summary>Up to where the images are read, of which none is small enough: training takes minutes.</summary>
    [TestMethod]
    public void WithoutDataShapesAreDrawn()
    {
        var begun = _program.Run("detect", "train", "--output", "drawn", "--max-image-pixels", "100", "--threads", "1");
        var resumed = _program.Run("detect", "train", "--resume", "drawn");

        foreach (var (code, output, errors) in ((int, string[], string[])[])[begun, resumed])
        {
            Assert.AreEqual(1, code, string.Join('\n', errors));
            StringAssert.StartsWith(output[1], "mask-rcnn on Conformer: 3 classes, 400 images to train on, 100 to validate");
            StringAssert.Contains(errors[^1], _program.File("drawn/data/train/"));
            StringAssert.Contains(errors[^1], "It has 128x128 pixels; at most 100 are read");
        }
        Assert.AreEqual("failed", Record("drawn").GetProperty("state").GetString());
    }

    /// <summary>Spaces divide the arguments.</summary>
    [TestMethod]
    [DataRow("train photos", "DATA is neither COCO's .json nor a folder that looks like Pascal VOC or YOLO; --format says which it is.")]
    [DataRow("train --format coco", "--format says something of DATA, which is not given.")]
    [DataRow("train --validation val --epochs 1", "--validation says something of DATA, which is not given.")]
    [DataRow("train training/instances.json --head yolo", "--head must be one of faster-rcnn, mask-rcnn, cascade-mask-rcnn, retinanet, not 'yolo'.")]
    [DataRow("train training/instances.json --decay-epochs 3,x", "--decay-epochs must be whole numbers from 1 with commas between, not '3,x'.")]
    [DataRow("train training/instances.json --validation absent.json", "--validation: there is no file 'absent.json'. Of COCO it is another .json.")]
    [DataRow("train training/instances.json --shortest-side 900 --longest-side 800", "--shortest-side is 900")]
    [DataRow("train training/instances.json --architecture model.onnx", "--architecture: 'model.onnx' is no detector's architecture")]
    [DataRow("train training/instances.json --architecture misspelt.json", "'hiddenwidth' is none of its members")]
    [DataRow("eval model.onnx training/instances.json", "MODEL: 'model.onnx' is no object detector that can be scored.")]
    [DataRow("predict absent.onnx photos", "MODEL: ")]
    public void OneLineNamesTheArgument(string arguments, string message)
    {
        string[] output = arguments.StartsWith("predict", StringComparison.Ordinal) ? [] : ["--output", "out"];

        var (code, text, errors) = _program.Run(["detect", .. arguments.Split(' '), .. output]);

        Assert.AreEqual(2, code, string.Join('\n', errors));
        Assert.IsEmpty(text);
        StringAssert.StartsWith(errors.Single(), "error: ");
        StringAssert.Contains(errors.Single(), message);
        Assert.IsFalse(Directory.Exists(_program.File("out")) && Directory.EnumerateFileSystemEntries(_program.File("out")).Any());
    }

    /// <summary>What runs were, as run.json says it, is enough: nothing is trained.</summary>
    [TestMethod]
    public void RunsOfBothKindsAreListedApart()
    {
        const string Common = """
            "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T01:00:00Z", "classes": 2, "trainingImages": 9, "validationImages": 3,
            "epochs": 300, "bestEpoch": 299, "trainMillisecondsPerImage": 12.5, "evaluatedOn": "validation"
            """;
        foreach (var (name, accuracy) in ((string, string)[])[("flowers-11", "0.2"), ("flowers-12", "0.4")])
            _program.Write($"both/{name}/run.json", $$"""
                {"state": "finished", "network": "Conformer Tiny", "imageSize": 96, "accuracy": {{accuracy}},
                 "accuracyInterval": {"low": 0.1, "high": 0.6}, {{Common}}}
                """);
        foreach (var (name, precision) in ((string, string)[])[("VOC2012-11", "0.3"), ("VOC2012-12", "0.5")])
            _program.Write($"both/{name}/run.json", $$"""
                {"state": "interrupted", "network": "mask-rcnn on conformer-tiny", "longestSide": 640, "averagePrecision": {{precision}},
                 "maskAveragePrecision": 0.1, {{Common}}}
                """);
        _program.Write("both/VOC2012-12/config.yaml", "head: mask-rcnn");

        var (code, output, errors) = _program.Run("runs", "both");
        var (resumed, _, faults) = _program.Run("train", "--resume", "both/VOC2012-12");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        TerminalText.AssertFits(output);
        CollectionAssert.AreEqual(
            (string[])["run", "flowers-12", "flowers-11", "run", "VOC2012-12", "VOC2012-11"],
            output.Select(line => line.Split(' ')[0]).ToArray(), string.Join('\n', output));
        StringAssert.Contains(output[0], "accuracy");
        StringAssert.Contains(output[3], "AP  of masks");
        Assert.AreEqual(2, resumed);
        StringAssert.Contains(
            faults.Single(), "--resume: the run is of `conformer detect train`; `conformer detect train --resume` goes on with it.");
    }

    private static void AssertRefusedElsewhere(string model)
    {
        foreach (var (arguments, fault) in ((string[], string)[])
        [
            (["predict", model, "validation/1.png"], "It is an object detector; `conformer detect` takes it."),
            (["detect", "export", model, "--output", model], "is MODEL itself, which would be lost"),
            (["detect", "eval", model, "other.json", "--images", "validation", "--output", "out"], "its classes, unknown, are none of MODEL's"),
        ])
        {
            _program.Write("other.json", """
                {"images": [{"id": 1, "file_name": "1.png", "width": 64, "height": 64.0}], "categories": [{"id": 1, "name": "unknown"}],
                 "annotations": [{"id": 1, "image_id": 1.0, "category_id": 1, "bbox": [1, 1, 9, 9]}]}
                """);
            var (code, _, errors) = _program.Run(arguments);
            Assert.AreEqual(2, code, string.Join('\n', errors));
            StringAssert.Contains(errors[^1], fault);
        }
    }

    private static void AssertListed(string run)
    {
        var expected = Record(run).GetProperty("averagePrecision").GetDouble();
        using var report = JsonDocument.Parse(File.ReadAllText(_program.File($"{run}/evaluation.json")));
        Assert.AreEqual(expected, report.RootElement.GetProperty("boxes").GetProperty("averagePrecision").GetDouble());
        var (code, output, errors) = _program.Run("runs", run);
        Assert.AreEqual(0, code, string.Join('\n', errors));
        StringAssert.Contains(output[0], "AP  of masks");
        Assert.IsFalse(output[0].Contains("accuracy", StringComparison.Ordinal), "no run has one");
        StringAssert.Contains(output[1], FormattableString.Invariant($"{expected:0.000}"));
    }

    private static void AssertEvaluatesAlike(string run)
    {
        var (code, output, errors) = _program.Run(
            "detect", "eval", $"{run}/model.onnx", "validation/instances.json", "--output", "evaluated");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        TerminalText.AssertFits(output.Where(line => !line.Contains(_program.File(""), StringComparison.Ordinal)));
        CollectionAssert.AreEqual((string[])["detection.csv", "detection.html", "detection.json"], _program.Left("evaluated"));
        using var report = JsonDocument.Parse(File.ReadAllText(_program.File("evaluated/detection.json")));
        Assert.AreEqual(
            Record(run).GetProperty("averagePrecision").GetDouble(),
            report.RootElement.GetProperty("boxes").GetProperty("averagePrecision").GetDouble(), 1e-6);
    }

    /// <summary>One photo, every door: the same objects.</summary>
    private static void AssertFindsAlike(string run)
    {
        _program.Write("validation/bad.png", "no photo");
        File.Copy(_program.File("validation/1.png"), _program.File("validation/locked.png"), overwrite: true);
        using var held = new FileStream(_program.File("validation/locked.png"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        string[] predict = ["validation/bad.png", "validation/locked.png", "validation/1.png", "--threshold", "0.05"];
        var exported = _program.Run("detect", "export", $"{run}/model.zip", "--output", "exported.onnx");
        Assert.AreEqual(0, exported.ExitCode, string.Join('\n', exported.Errors));
        CollectionAssert.AreEqual(File.ReadAllBytes(_program.File($"{run}/model.onnx")), File.ReadAllBytes(_program.File("exported.onnx")));

        var (code, json, _) = _program.Run(["detect", "predict", "exported.onnx", .. predict, "--json", "--overlays", "pictures"]);
        var lines = _program.Run(["detect", "predict", $"{run}/model.zip", .. predict, "--skip-bad-images"]);

        Assert.AreEqual(1, code, "two images are bad");
        Assert.AreEqual(0, lines.ExitCode);
        Assert.HasCount(2, lines.Errors);
        StringAssert.StartsWith(lines.Errors[0], "error: validation/bad.png: ");
        StringAssert.StartsWith(lines.Errors[1], "error: validation/locked.png: ");
        TerminalText.AssertFits(lines.Output);
        CollectionAssert.AreEqual((string[])["003-1.png"], _program.Left("pictures"));
        using var answer = JsonDocument.Parse(string.Join('\n', json));
        var images = answer.RootElement.GetProperty("images");
        Assert.AreEqual(3, images.GetArrayLength());
        foreach (var (index, name) in ((string[])["bad", "locked"]).Index())
        {
            Assert.AreEqual($"validation/{name}.png", images[index].GetProperty("file").GetString());
            Assert.AreNotEqual("", images[index].GetProperty("error").GetProperty("reason").GetString());
        }
        var objects = images[2].GetProperty("objects").EnumerateArray().ToList();
        Assert.HasCount(objects.Count + 2, lines.Output, "a line for the photo, one of headers, and one for each object");
        Assert.IsNotEmpty(objects, "a detector that has learned something is needed");
        using var detector = new MLContext().Model.LoadObjectDetector(_program.File("exported.onnx"));
        var (_, found) = detector.Detect(_program.File("validation/1.png"));
        foreach (var (one, expected) in objects.Zip(found.Found))
        {
            Assert.AreEqual(detector.ClassNames[expected.Label], one.GetProperty("class").GetString());
            Assert.AreEqual(expected.Score, one.GetProperty("score").GetSingle(), 1e-5f);
            Assert.AreEqual(expected.Box.X1, one.GetProperty("box")[2].GetSingle(), 1e-2f);
            var mask = RunLengthMask.Parse(
                one.GetProperty("mask").GetProperty("counts").GetString()!, one.GetProperty("mask").GetProperty("size")[0].GetInt32(),
                one.GetProperty("mask").GetProperty("size")[1].GetInt32());
            Assert.AreEqual((found.Height, found.Width), (mask.Height, mask.Width));
        }
    }

    private static JsonElement Record(string run)
    {
        using var record = JsonDocument.Parse(File.ReadAllText(_program.File($"{run}/run.json")));
        return record.RootElement.Clone();
    }

    private static async Task<(int Code, string Errors)> InterruptAfterFirstEpochAsync(string[] arguments)
    {
        var start = _program.Start(arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await Patience.UntilAsync(
                () => process.HasExited || File.Exists(_program.File("run/checkpoints/best.onnx")), "an epoch has ended");
            CtrlC.Send(process);
            await output;
            return (process.ExitCode, await errors);
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }
}
