namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer check` as it is called.</summary>
[TestClass]
public sealed class CheckCommandTests
{
    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _) => _program = new ConformerProgram();

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void ItsExitCodeTellsWhetherThereAreErrors()
    {
        Assert.AreEqual(0, Check(_program.Photos, "good").ExitCode);
        _program.WritePhoto("bad/photos/a/1.png", 1);
        var broken = _program.Write("bad/photos/a/2.png", "no image, but as long as one");

        var (code, output, errors) = Check(_program.File("bad/photos"), "bad/out");

        Assert.AreEqual(1, code);
        Assert.IsEmpty(errors);
        Assert.IsTrue(output.Any(line => line.StartsWith("error    cannot be read", StringComparison.Ordinal)), string.Join('\n', output));
        CollectionAssert.AreEqual((string[])["check.html", "check.json"], _program.Left("bad/out"));
        StringAssert.Contains(File.ReadAllText(_program.File("bad/out/check.json")), Path.GetFileName(broken));
    }

    [TestMethod]
    public void AModelSaysWhichLabelsAreLikelyWrongWhichIsNoError()
    {
        var model = _program.WriteColors("colors");

        var (code, output, errors) = Check(_program.File("colors"), "colors-checked", "--model", model);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        Assert.IsTrue(output.Any(line => line.StartsWith("warning  likely of another class", StringComparison.Ordinal)));
        Assert.IsTrue(output.Any(line => line.Contains(
            $"'{Path.Combine("blue", "odd.png")}': Labeled 'blue' (0.", StringComparison.Ordinal)), string.Join('\n', output));
        StringAssert.Contains(File.ReadAllText(_program.File("colors-checked/check.html")), "<h2 id=\"LikelyMislabeled\">");
    }

    [TestMethod]
    public void AModelOfOtherClassesIsAnErrorThatNamesThem()
    {
        _program.WritePhoto("violets/violet/1.png", 1);

        var (code, output, errors) = Check(_program.File("violets"), "violets-checked", "--model", _program.Model);

        Assert.AreEqual(1, code);
        Assert.IsEmpty(output);
        StringAssert.Contains(errors.Single(), "has classes that the model lacks: violet. The model's classes are 郁");
    }

    [TestMethod]
    public void PhotosWithMarkedObjectsAreCheckedByTheirLayout()
    {
        _program.WritePhoto("marked/images/1.png", 1);
        _program.Write("marked/labels/1.txt", "0 0.5 0.5 0.5 0.5");
        _program.Write("marked/data.yaml", "names: [cat]");
        _program.Write("marked/coco.json", """
            {"images": [{"id": 1, "file_name": "1.png", "height": 7, "width": 9}], "categories": [{"id": 1, "name": "cat"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}]}
            """);

        var (good, output, errors) = Check(_program.File("marked"), "marked-yolo");
        var (bad, ofCoco, _) = Check(
            _program.File("marked/coco.json"), "marked-coco", "--images", _program.File("marked/images"));

        Assert.AreEqual(0, good, string.Join('\n', [.. output, .. errors]));
        StringAssert.Contains(output[0], "1 classes, 1 images, 1 objects");
        Assert.AreEqual(1, bad);
        Assert.IsTrue(
            ofCoco.Any(line => line.StartsWith("error    another size than the annotations say", StringComparison.Ordinal)),
            string.Join('\n', ofCoco));
        CollectionAssert.AreEqual((string[])["check.html", "check.json"], _program.Left("marked-coco"));
    }

    [TestMethod]
    public void OptionsThatSayNothingOfTheLayoutAreRefused()
    {
        var (code, _, errors) = Check(_program.Photos, "refused", "--split", "train");

        Assert.AreEqual(2, code);
        StringAssert.Contains(errors.Single(), "--split is for Pascal VOC and YOLO");
    }

    private static (int ExitCode, string[] Output, string[] Errors) Check(string data, string output, params string[] more) =>
        _program.Run(["check", data, "--output", output, .. more]);
}
