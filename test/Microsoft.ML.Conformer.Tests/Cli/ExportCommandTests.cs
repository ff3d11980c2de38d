using System.Text.Json;
using Microsoft.ML.Conformer.Data.Folders;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer export` as it is called.</summary>
[TestClass]
public sealed class ExportCommandTests
{
    private static readonly MLContext _context = new(seed: 1);

    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _)
    {
        _program = new ConformerProgram();
        _program.WriteModel("half.onnx", new() { Precision = OnnxPrecision.Float16 });
        Directory.CreateDirectory(_program.File("folder.onnx"));
    }

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void AFileTakesAndGivesWhatTheOptionsSay()
    {
        string[] options =
        [
            "--include-preprocessing", "--include-predicted-label", "--top-k", "2", "--additional-outputs", "head-logits,embeddings",
            "--temperature", "2", "--output", "photos.onnx",
        ];

        var (code, output, errors) = _program.Run(["export", _program.Model, .. options]);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        Assert.IsEmpty(errors);
        TerminalText.AssertFits(output);
        CollectionAssert.AreEqual(
            (string[])
            [
                "input        image: uint8 [N, height, width, 3]",
                "output       Score: float32 [N, 3]",
                "             conv_logits: float32 [N, 3]",
                "             tran_logits: float32 [N, 3]",
                "             PredictedLabel: string [N]",
                "             TopScores: float32 [N, 2]",
                "             TopLabels: string [N, 2]",
                "             conv_embedding: float32 [N, 64]",
                "             tran_embedding: float32 [N, 24]",
            ],
            output.SkipWhile(line => !line.StartsWith("input", StringComparison.Ordinal)).ToArray());
        using var before = Load(_program.Model);
        using var after = Load(_program.File("photos.onnx"));
        Assert.AreEqual(2, after.Temperature);
        var photos = _context.Data.LoadFromEnumerable(
            Directory.GetFiles(_program.Photos, "*.png", SearchOption.AllDirectories)
                .Select(path => new ImageFile { ImagePath = path, Label = "" }));
        foreach (var (scores, softer) in ScoringModel.Scores(before.Transform(photos)).Zip(ScoringModel.Scores(after.Transform(photos))))
        {
            var roots = scores.Select(score => Math.Sqrt(score)).ToList();
            for (var i = 0; i < scores.Length; i++)
                Assert.AreEqual(roots[i] / roots.Sum(), softer[i], 1e-5);
        }
    }

    [TestMethod]
    public void JsonHasTheFileWithItsEnds()
    {
        var (code, output, errors) = _program.Run("export", _program.Model, "--dynamic-image-size", "--output", "any.onnx", "--json");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        using var json = JsonDocument.Parse(string.Join('\n', output));
        var root = json.RootElement;
        Assert.AreEqual(_program.File("any.onnx"), root.GetProperty("file").GetString());
        Assert.AreEqual(new FileInfo(_program.File("any.onnx")).Length, root.GetProperty("bytes").GetInt64());
        Assert.AreEqual("[-1, 3, -1, -1]", root.GetProperty("inputs")[0].GetProperty("shape").GetRawText());
        Assert.AreEqual("[-1, 3]", root.GetProperty("outputs")[0].GetProperty("shape").GetRawText());
    }

    [TestMethod]
    [DataRow("float16", "warning: float16 is for GPUs; on a CPU such a file takes more time than one of float32.")]
    [DataRow("int8 --calibration-images photos")]
    public void AFileIsSmallerInFewerBits(string precision, params string[] warnings)
    {
        var output = $"{precision[..4]}.onnx";

        var (code, _, errors) = _program.Run(["export", _program.Model, "--output", output, "--precision", .. precision.Split(' ')]);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        CollectionAssert.AreEqual(warnings, errors);
        Assert.IsTrue(new FileInfo(_program.File(output)).Length < 0.9 * new FileInfo(_program.Model).Length);
        using var model = Load(_program.File(output));
        CollectionAssert.AreEqual(ConformerProgram.Classes, model.ClassNames.ToArray());
    }

    /// <summary>Spaces divide the arguments.</summary>
    [TestMethod]
    [DataRow("absent.onnx", "MODEL: it is 'absent.onnx'. There is no such file")]
    [DataRow("half.onnx", "MODEL: its weights are float16, of which no other file is made.")]
    [DataRow("model.onnx --precision half", "--precision must be one of float32, float16, int8, not 'half'.")]
    [DataRow("model.onnx --precision int8", "--precision int8 needs photos like those to be scored: name them with --calibration-images.")]
    [DataRow("model.onnx --precision int8 --calibration-images absent", "--calibration-images: there is no file or folder 'absent'.")]
    [DataRow("model.onnx --precision int8 --calibration-images model.onnx", "--calibration-images: ")]
    [DataRow("model.onnx --calibration-images photos", "--calibration-images is for --precision int8.")]
    [DataRow("model.onnx --top-k 4", "--top-k is 4; it must be 1-3, the number of classes.")]
    [DataRow("model.onnx --temperature 0", "--temperature must be a number from 0.000001 to 1000000, not '0'.")]
    [DataRow("model.onnx --temperature NaN", "--temperature must be a number from 0.000001 to 1000000, not 'NaN'.")]
    [DataRow("model.onnx --additional-outputs maps", "--additional-outputs must be some of head-logits, embeddings, feature-maps, ")]
    [DataRow("model.onnx --dynamic-image-size --include-preprocessing", "exclude each other: preprocessing takes photos of any size")]
    [DataRow("model.onnx --threshold 0.5", "--threshold is for a page; name its folder with --page.")]
    [DataRow("model.onnx --page site --threshold 2", "--threshold must be a number from 0 to 1, not '2'.")]
    [DataRow("model.onnx --page site --top-k 2", "--top-k is not for a page, which chooses what its model takes and gives.")]
    [DataRow("model.onnx --page site --output x.onnx", "--output and --page exclude each other: a page has its model in its folder.")]
    [DataRow("model.onnx --page model.onnx", "for --page cannot be used: It is a file.")]
    [DataRow("model.onnx --output folder.onnx", "--output: '{0}' is a folder; name a file.")]
    public void OneLineNamesTheArgument(string arguments, string message)
    {
        var (code, text, errors) = _program.Run(["export", .. arguments.Split(' ')]);

        Assert.AreEqual(2, code, string.Join('\n', errors));
        Assert.IsEmpty(text);
        StringAssert.StartsWith(errors.Single(), "error: ");
        StringAssert.Contains(errors.Single(), message.Replace("{0}", _program.File("folder.onnx"), StringComparison.Ordinal));
        Assert.IsFalse(Directory.Exists(_program.File("site")) && Directory.EnumerateFiles(_program.File("site")).Any());
    }

    [TestMethod]
    public void ADamagedCalibrationImageIsAnErrorUnlessItIsLeftOut()
    {
        _program.WritePhoto("some/a/1.png", 1);
        _program.WritePhoto("some/b/2.png", 2);
        _program.Write("some/b/damaged.png", "This is no image, but has more bytes than an image's header.");
        string[] arguments = ["export", _program.Model, "--precision", "int8", "--calibration-images", "some", "--output", "some.onnx"];

        var (code, _, errors) = _program.Run(arguments);

        Assert.AreEqual(1, code);
        StringAssert.Contains(errors.Single(), "damaged.png");
        Assert.IsFalse(File.Exists(_program.File("some.onnx")));
        Assert.AreEqual(0, _program.Run([.. arguments, "--skip-bad-images"]).ExitCode);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(1000)]
    public void APageIsAFolderThatNamesNoOtherPlace(int classes)
    {
        string[] names = [.. Enumerable.Range(0, classes).Select(index => $"{ConformerProgram.Classes[index % 2]} {index}")];
        using (var model = ExplainedModel.Create(_context, ExplainedModel.Conformer with { NumClasses = classes }, names))
            model.SaveAsOnnx(_program.File("many.onnx"));
        var folder = $"page of {classes}";

        var (code, output, errors) = _program.Run("export", "many.onnx", "--page", folder, "--threshold", "0.25");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        TerminalText.AssertFits(output);
        CollectionAssert.Contains(output, $"  python3 -m http.server --directory '{folder}'");
        CollectionAssert.AreEquivalent(
            (string[])["LICENSE.txt", "classifier.js", "index.html", "model.json", "model.onnx", "page.css", "page.js"],
            _program.Left(folder));
        CollectionAssert.AreEquivalent(
            (string[])["LICENSE.txt", "ThirdPartyNotices.txt", "ort-wasm-simd-threaded.wasm", "ort.wasm.bundle.min.js"],
            _program.Left($"{folder}/onnxruntime"));
        using var json = JsonDocument.Parse(File.ReadAllText(_program.File($"{folder}/model.json")));
        CollectionAssert.AreEqual(
            names, json.RootElement.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).ToArray());
        Assert.AreEqual(0.25, json.RootElement.GetProperty("threshold").GetDouble());
        foreach (var file in (string[])["index.html", "page.js", "classifier.js", "page.css"])
            Assert.IsFalse(
                File.ReadAllText(_program.File($"{folder}/{file}")).Replace("http://localhost:8000", "", StringComparison.Ordinal)
                    .Contains("://", StringComparison.Ordinal), file);
    }

    [TestMethod]
    [DataRow("export")]
    [DataRow("info")]
    public void HelpFitsATerminalThatIsNone(string command)
    {
        var (code, output, errors) = _program.Run(command, "--help");

        Assert.AreEqual(0, code);
        Assert.IsEmpty(errors);
        TerminalText.AssertFits(output);
    }

    private static ImageClassifierTransformer Load(string path) => _context.Model.LoadImageClassifier(path, imageColumnName: "ImagePath");
}
