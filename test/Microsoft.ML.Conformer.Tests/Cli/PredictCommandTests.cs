using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer predict` as it is called.</summary>
[TestClass]
public sealed class PredictCommandTests
{
    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _)
    {
        _program = new ConformerProgram();
        _program.WriteColors("colors");
        _program.Write("few/bad.jpg", "no photo");
        _program.WritePhoto("few/🌻 good.png", 3);
        _program.WritePhoto("few/below/郁金香.png", 4);
    }

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void TheJsonHasEachImagesClassesAsTheLibraryScoresThem()
    {
        var photo = Directory.GetFiles(_program.File("colors"), "*.png", SearchOption.AllDirectories).Order().First();

        var (code, output, errors) = _program.Run("predict", "colors.onnx", photo, "--json", "--top", "2");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        using var json = JsonDocument.Parse(string.Join('\n', output));
        var image = json.RootElement.GetProperty("images").EnumerateArray().Single();
        Assert.AreEqual(photo, image.GetProperty("file").GetString());
        using var model = new MLContext().Model.LoadImageClassifier(_program.File("colors.onnx"), imageColumnName: "ImagePath");
        var data = new MLContext().Data.LoadFromEnumerable([new { ImagePath = photo }]);
        var scores = ML.Data.ColumnCursorExtensions.GetColumn<float[]>(model.Transform(data), "Score").Single();
        var expected = model.ClassNames.Zip(scores).OrderByDescending(one => one.Second).Take(2).ToList();
        CollectionAssert.AreEqual(
            expected.Select(one => one.First).ToList(),
            image.GetProperty("predictions").EnumerateArray().Select(one => one.GetProperty("class").GetString()!).ToList());
        foreach (var (one, two) in expected.Zip(image.GetProperty("predictions").EnumerateArray()))
            Assert.AreEqual(one.Second, two.GetProperty("probability").GetSingle(), 1e-6f);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AnImageThatCannotBeUsedSpoilsNoOther(bool skips)
    {
        var (code, output, errors) = _program.Run(["predict", _program.Model, "few", .. skips ? (string[])["--skip-bad-images"] : []]);

        Assert.AreEqual(skips ? 0 : 1, code);
        TerminalText.AssertFits(output);
        Assert.AreEqual(2, output.Count(line => line.EndsWith(".png", StringComparison.Ordinal)), string.Join('\n', output));
        StringAssert.StartsWith(errors.Single(), $"error: {_program.File("few/bad.jpg")}: ");
        using var json = JsonDocument.Parse(string.Join('\n', _program.Run("predict", _program.Model, "few", "--json").Output));
        Assert.IsNotNull(json.RootElement.GetProperty("images").EnumerateArray().Single(image => image.TryGetProperty("error", out _))
            .GetProperty("error").GetProperty("reason").GetString());
    }

    /// <summary>The arguments stand in another order in the file; a path may begin with a hyphen, or with an at sign.</summary>
    [TestMethod]
    [DataRow("-photo.png")]
    [DataRow("@photo.png")]
    public void AConfigurationHasArgumentsInAnyOrderAndWithAnyNames(string photo)
    {
        _program.WritePhoto(photo, 3);
        var configuration = _program.Write("predict.yaml", $"""
            images: "{photo}"
            top: 1
            model: model.onnx
            """);

        var (code, output, errors) = _program.Run("predict", "--config", configuration);

        Assert.AreEqual(0, code, string.Join('\n', errors));
        StringAssert.StartsWith(output.Single(), photo);
    }

    [TestMethod]
    public void APipeIsNotWaitedFor()
    {
        SpecialFile.Pipe(_program.File("pipe.jpg"));

        var (code, output, errors) = _program.Run("predict", _program.Model, "pipe.jpg", "few/below", "--top", "1");

        Assert.AreEqual(1, code);
        Assert.AreEqual("error: pipe.jpg: It is a pipe, not a file.", errors.Single());
        Assert.HasCount(1, output, "the other image");
    }

    [TestMethod]
    public void AnImageOfTooManyPixelsNamesTheOptionThatTakesIt()
    {
        var photo = _program.WritePhoto("large.png", 5);

        var (refused, taken) = (_program.Run("predict", _program.Model, photo, "--max-image-pixels", "100"),
            _program.Run("predict", _program.Model, photo));

        Assert.AreEqual(1, refused.ExitCode);
        StringAssert.EndsWith(refused.Errors.Single(), "Scale it down, or raise --max-image-pixels.");
        Assert.AreEqual(0, taken.ExitCode);
    }

    [TestMethod]
    public void BelowTheThresholdItIsNoneOfThese()
    {
        var (none, all) = (_program.Run("predict", _program.Model, "few/below", "--threshold", "1"),
            _program.Run("predict", _program.Model, "few/below", "--threshold", "0"));

        Assert.IsTrue(none.Output.Contains("  none of these; the nearest are"), string.Join('\n', none.Output));
        Assert.IsFalse(all.Output.Any(line => line.Contains("none of these", StringComparison.Ordinal)));
        using var json = JsonDocument.Parse(string.Join('\n', _program.Run(
            "predict", _program.Model, "few/below", "--threshold", "1", "--json").Output));
        Assert.IsTrue(json.RootElement.GetProperty("images")[0].GetProperty("noneOfThese").GetBoolean());
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(18)]
    [DataRow(1000)]
    public void AnyNumberOfClassesFitsATerminal(int count)
    {
        string[] classes = [.. Enumerable.Range(0, count).Select(index => $"第{index}類の花と葉をとても長い名前で呼ぶこと🌻")];
        _program.WriteModel($"{count}.onnx", new(), classes);
        foreach (var (index, name) in classes.Take(18).Index())
            _program.WritePhoto($"photos-{count}/{name}/1.png", index);

        var predicted = _program.Run("predict", $"{count}.onnx", "few/below", "--top", $"{count}");
        var evaluated = _program.Run("eval", $"{count}.onnx", $"photos-{count}", "--output", $"evaluated-{count}");

        Assert.AreEqual(0, predicted.ExitCode, string.Join('\n', predicted.Errors));
        Assert.AreEqual(count + 1, predicted.Output.Length);
        TerminalText.AssertFits(predicted.Output);
        Assert.AreEqual(0, evaluated.ExitCode, string.Join('\n', evaluated.Errors));
        TerminalText.AssertFits(evaluated.Output.Where(line => !line.StartsWith("page: ", StringComparison.Ordinal)));
    }
}
