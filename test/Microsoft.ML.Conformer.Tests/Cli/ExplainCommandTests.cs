using System.Text.Json;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer explain` as it is called.</summary>
[TestClass]
public sealed class ExplainCommandTests
{
    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _) => _program = new ConformerProgram();

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void ASheetAllMapsAndTheFiguresAreWritten()
    {
        var name = ConformerProgram.Classes[1];
        var wide = _program.WritePhoto($"{string.Concat(Enumerable.Repeat("🌻", 55))}.png", 1);
        var photo = _program.WritePhoto("photo.png", 2);

        var (code, output, errors) = _program.Run(
            "explain", _program.Model, wide, photo, "--class", name, "--overlays", "--stages", "--size", "64", "--output", "explained");

        Assert.AreEqual(0, code, string.Join('\n', errors));
        Assert.IsEmpty(errors);
        TerminalText.AssertFits(output);
        Assert.AreEqual("photo.png", output[2]);
        StringAssert.StartsWith(output[3], "  🌻🌻 sunflower 0.");
        Assert.AreEqual($"sheet: {_program.File("explained/sheet.png")}", output[4]);
        var left = _program.Left("explained");
        Assert.HasCount(2 + 2 * 4, left);
        foreach (var map in Enum.GetNames<ImageMapKind>().Except(["Stage"]))
            CollectionAssert.Contains(left, $"002-photo-{map}.png");
        CollectionAssert.Contains(left, $"001-{string.Concat(Enumerable.Repeat("🌻", 50))}-Coupled.png");
        using var overlay = SKBitmap.Decode(_program.File("explained/002-photo-Coupled.png"));
        Assert.AreEqual((64, 64), (overlay.Width, overlay.Height));
        using var json = JsonDocument.Parse(File.ReadAllText(_program.File("explained/explanations.json")));
        CollectionAssert.AreEqual(
            (string[])[wide, photo], json.RootElement.EnumerateArray().Select(one => one.GetProperty("path").GetString()).ToArray());
        Assert.IsTrue(json.RootElement.EnumerateArray().All(
            one => one.GetProperty("class").GetString() == name && one.GetProperty("stages").GetArrayLength() == 8));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ADamagedImageIsNamedAndTheOthersAreExplained(bool skips)
    {
        var damaged = _program.Write("dam\u202Eaged.png", "This is no image, but has more bytes than an image's header.");
        var (before, after) = (_program.WritePhoto("before.png", 3), _program.WritePhoto("after.png", 4));
        var folder = $"damaged-{skips}";

        var (code, output, errors) = _program.Run(
            ["explain", _program.Model, before, damaged, after, "--output", folder, .. skips ? (string[])["--skip-bad-images"] : []]);

        Assert.AreEqual(skips ? 0 : 1, code);
        StringAssert.StartsWith(errors.Single(), skips ? "skipped: " : "error: ");
        StringAssert.Contains(errors.Single(), @"dam\u202Eaged.png' cannot be explained: ");
        CollectionAssert.AreEqual(
            (string[])["before.png", "after.png"], output.Where(line => line[0] != ' ').SkipLast(1).ToArray());
        CollectionAssert.AreEqual((string[])["explanations.json", "sheet.png"], _program.Left(folder));
        using var json = JsonDocument.Parse(File.ReadAllText(_program.File($"{folder}/explanations.json")));
        Assert.AreEqual(2, json.RootElement.GetArrayLength());
    }

    [TestMethod]
    public void WhereNoImageCanBeUsedNothingIsWritten()
    {
        var damaged = _program.Write("text.png", "This is no image, but has more bytes than an image's header.");

        var (code, output, errors) = _program.Run("explain", _program.Model, damaged, "--output", "nothing");

        Assert.AreEqual(1, code);
        Assert.IsEmpty(output);
        StringAssert.Contains(errors.Single(), damaged);
        Assert.IsEmpty(_program.Left("nothing"));
    }
}
