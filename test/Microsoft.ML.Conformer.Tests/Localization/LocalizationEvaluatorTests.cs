using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Explain;

namespace Microsoft.ML.Conformer.Tests.Localization;

/// <summary>EvaluateImageLocalization: its figures against those of each photo's maps.</summary>
[TestClass]
public sealed class LocalizationEvaluatorTests
{
    private const double Rounding = 1e-6;

    private static LocalizedModel _model = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _) => _model = new LocalizedModel();

    [ClassCleanup]
    public static void Dispose() => _model.Dispose();

    [TestMethod]
    [DataRow(LocalizedModel.Threshold)]
    [DataRow(0.2)]
    public void TheFiguresAtAThresholdAreThoseOfThePhotosMaps(double threshold)
    {
        var localization = _model.Locate(_model.Data, new LocalizationOptions { Threshold = threshold });

        Assert.AreEqual((6, 0), (localization.ImageCount, localization.WithoutBoxesCount));
        Assert.AreEqual(2 / 6.0, localization.Accuracy, 1e-12);
        CollectionAssert.AreEqual(
            (ImageMapKind[])[
                ImageMapKind.ClassActivation, ImageMapKind.AttentionRollout, ImageMapKind.ClassAttention, ImageMapKind.Coupled],
            localization.Maps.Select(map => map.Kind).ToArray());
        foreach (var map in localization.Maps)
            AssertSame(_model.ByHand(map.Kind, threshold), map);
        if (threshold == LocalizedModel.Threshold)
        {
            var map = localization.Maps[0];
            Assert.IsTrue(map is { Top1: > 0, GroundTruthKnown: < 1, PointingGame: > 0, PeakInside: < 1 }, "some boxes must be found, others not");
            Assert.IsTrue(map.Top1 < map.Top5 && map.Top5 < map.GroundTruthKnown, "ranks must matter");
        }
    }

    [TestMethod]
    public void WithoutAThresholdItIsTheOneThatFindsMost()
    {
        var localization = _model.Locate(_model.Data);

        foreach (var map in localization.Maps)
        {
            var all = Enumerable.Range(1, 19).Select(step => _model.ByHand(map.Kind, step / 20.0)).ToList();
            AssertSame(all.First(one => one.GroundTruthKnown == all.Max(other => other.GroundTruthKnown)), map);
        }
    }

    [TestMethod]
    public void PhotosWithoutBoxesAreCountedAndLeftOut()
    {
        var more = Path.Combine(_model.Folder, "more.png");
        File.Copy(_model.Photos[0].Path, more, overwrite: true);
        var none = Path.Combine(_model.Folder, "none.png");
        File.Copy(_model.Photos[1].Path, none, overwrite: true);
        _model.Boxes[none] = [];
        var data = LocalizedModel.View(
            [(more, "a"), .. _model.Photos.Select(photo => (photo.Path, photo.Label)), (none, "b"), (_model.Photos[0].Path, "")]);

        var localization = _model.Locate(data, new LocalizationOptions { Threshold = LocalizedModel.Threshold });

        Assert.AreEqual((6, 2), (localization.ImageCount, localization.WithoutBoxesCount));
        foreach (var map in localization.Maps)
            AssertSame(_model.ByHand(map.Kind, LocalizedModel.Threshold), map);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => _model.Locate(LocalizedModel.View([(more, "a"), (more, "")])));
        StringAssert.Contains(error.Message, "of 1 images there are no boxes, 1 rows have no label");
        StringAssert.Contains(error.Message, $"Boxes are of {_model.Photos[0].Path}, ");
        StringAssert.Contains(error.Message, " and 2 others");
        _model.Boxes.Remove(none);
    }

    [TestMethod]
    public void AConTNetHasTheClassActivationMapAlone()
    {
        using var model = ExplainedModel.Create(new MLContext(seed: 1), ExplainedModel.ConTNet, ["a", "b", "c"]);

        var localization = _model.Locate(model, LocalizedModel.View(_model.Photos.Select(photo => (photo.Path, "b"))));

        Assert.AreEqual(ImageMapKind.ClassActivation, localization.Maps.Single().Kind);
        Assert.AreEqual(6, localization.ImageCount);
    }

    [TestMethod]
    public void TheSummaryHasALineOfEachMapInAtMost80Columns()
    {
        var localization = _model.Locate(_model.Data);
        var lines = localization.Summary.Split(Environment.NewLine);

        Assert.AreEqual(localization.Summary, $"{localization}");
        Assert.AreEqual("6 images with boxes, 0 without; accuracy 0.333", lines[0]);
        Assert.HasCount(2 + localization.Maps.Count, lines);
        foreach (var (map, line) in localization.Maps.Zip(lines.Skip(2)))
        {
            Assert.IsTrue(line.Length <= 80, line);
            string[] words =
            [
                $"{map.Kind}", map.Threshold.ToString("0.00", CultureInfo.InvariantCulture),
                .. ((double[])[map.GroundTruthKnown, map.Top1, map.Top5, map.MeanIntersectionOverUnion, map.PointingGame, map.PeakInside])
                    .Select(value => value.ToString("0.000", CultureInfo.InvariantCulture)),
            ];
            CollectionAssert.AreEqual(words, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
        localization.SaveJson(Path.Combine(_model.Folder, "localization.json"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(_model.Folder, "localization.json")));
        Assert.AreEqual("classActivation", json.RootElement.GetProperty("maps")[0].GetProperty("kind").GetString());
        Assert.AreEqual(
            localization.Maps[0].PointingGame, json.RootElement.GetProperty("maps")[0].GetProperty("pointingGame").GetDouble());
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    [DataRow(double.NaN)]
    public void AThresholdIsBetween0And1(double threshold) => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(
            () => _model.Locate(_model.Data, new LocalizationOptions { Threshold = threshold, LabelColumnName = "" })).Message,
        FormattableString.Invariant($"LabelColumnName is empty. Threshold is {threshold}; it must be between 0 and 1"));

    private static void AssertSame(MapLocalization expected, MapLocalization actual)
    {
        Assert.AreEqual((expected.Kind, expected.Threshold), (actual.Kind, actual.Threshold));
        Assert.AreEqual(expected.GroundTruthKnown, actual.GroundTruthKnown, 1e-12, $"GT-known of {actual.Kind}");
        Assert.AreEqual(expected.Top1, actual.Top1, 1e-12, $"top-1 of {actual.Kind}");
        Assert.AreEqual(expected.Top5, actual.Top5, 1e-12, $"top-5 of {actual.Kind}");
        Assert.AreEqual(expected.MeanIntersectionOverUnion, actual.MeanIntersectionOverUnion, Rounding, $"overlap of {actual.Kind}");
        Assert.AreEqual(expected.PointingGame, actual.PointingGame, 1e-12, $"pointing game of {actual.Kind}");
        Assert.AreEqual(expected.PeakInside, actual.PeakInside, 1e-12, $"peaks inside of {actual.Kind}");
    }
}
