extern alias MLNetTorchSharp;

using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Data;
using MLNetTorchSharp::Microsoft.ML.TorchSharp;
using MLNetTorchSharp::Microsoft.ML.TorchSharp.AutoFormerV2;

namespace Microsoft.ML.Conformer.Tests.Detection.Reports;

/// <summary>What is measured of a detector in a data view, ours and ML.NET's own.</summary>
[TestClass]
public sealed class DetectionReportTests
{
    private static readonly MLContext _context = DetectedFolder.Context;
    private static DetectedFolder _folder = null!;

    [ClassInitialize]
    public static void CreateFolder(TestContext _) => _folder = new DetectedFolder(DetectionHead.MaskRcnn);

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ADetectorThatFindsAllExactlyHasAllFiguresAtOne()
    {
        var report = Evaluate(_folder.Scored());

        var count = _folder.Found.Sum(row => row.Score.Length);
        Assert.IsGreaterThan(10, count);
        Assert.AreEqual(1, report.Boxes.AveragePrecision!.Value, 1e-9);
        Assert.AreEqual((3, count, count), (report.Boxes.ImageCount, report.Boxes.ObjectCount, report.Boxes.DetectionCount));
        Assert.AreEqual(new DetectionMistakes(count, 0, 0, 0, 0, 0, 0), report.Mistakes);
        CollectionAssert.AreEqual(DetectorPhoto.Classes, report.ClassNames.ToArray());
        // Masks of two objects may be the same or empty, so that not each is found by its own.
        Assert.IsTrue(report.Masks!.IsOfMasks);
        Assert.IsGreaterThan(0.8, report.Masks.AveragePrecision!.Value);
    }

    [TestMethod]
    public void ObjectsThatNobodyFoundAndDetectionsThatAreNoneAreCounted()
    {
        // Each photo's second object is not in the truth, and its third one is elsewhere.
        var scored = _folder.Scored((_, place, box) => place switch { 1 => null, 2 => [0, 0, 5, 5], _ => box });

        var report = Evaluate(scored);

        var usable = _folder.Found.Where(row => row.Score.Length > 2).ToList();
        Assert.HasCount(3, usable);
        Assert.AreEqual(_folder.Found.Sum(row => row.Score.Length) - 6, report.Mistakes.Right);
        Assert.AreEqual((6, 3), (report.Mistakes.Wrong, report.Mistakes.Missed));
        Assert.AreEqual(report.Mistakes, DetectionMistakes.Sum(report.ClassMistakes));
        Assert.AreEqual(report.Mistakes, DetectionMistakes.Sum(report.Images.Select(image => image.Mistakes)));
        Assert.IsLessThan(1, report.Boxes.AveragePrecision!.Value);
    }

    [TestMethod]
    public void ClassesAreMatchedByTheirNames()
    {
        var renamed = _folder.Scored();
        var reversed = new DetectedRows(renamed, DetectorPhoto.Classes);

        var report = Evaluate(reversed.View);

        Assert.AreEqual(1, report.Boxes.AveragePrecision!.Value, 1e-9);
        CollectionAssert.AreEqual((string[])[.. DetectorPhoto.Classes, "eel"], report.ClassNames.ToArray());
        Assert.IsNull(report.Boxes.Classes[^1].AveragePrecision);
    }

    [TestMethod]
    public void BoxesNeedNoMasksAreasCrowdsOrPaths()
    {
        var scored = _context.Transforms.DropColumns("Masks", "IsCrowd", "Area", "ImagePath").Fit(_folder.Scored())
            .Transform(_folder.Scored());

        var report = Evaluate(scored);

        Assert.IsNull(report.Masks);
        Assert.IsTrue(report.Images.All(image => image.Path is null));
        Assert.AreEqual(1, report.Boxes.AveragePrecision!.Value, 1e-9);
    }

    [TestMethod]
    public void AreasOfTheDataTellSmallObjectsFromLargeOnes()
    {
        var enlarge = _context.Transforms.CustomMapping<Areas, Areas>(
            (from, to) => to.Area = [.. from.Area.Select(_ => 1e5f)], contractName: null);
        var scored = _folder.Scored();

        var report = Evaluate(enlarge.Fit(scored).Transform(scored));

        Assert.IsNotNull(Evaluate(scored).Boxes.AveragePrecisionSmall);
        Assert.IsNull(report.Boxes.AveragePrecisionSmall);
        Assert.IsNotNull(report.Boxes.AveragePrecisionLarge);
    }

    [TestMethod]
    public void MLNetsOwnEvaluationTakesTheColumnsWithLabelsAsText()
    {
        var (all, half) = (_folder.Scored(), _folder.Scored((image, place, box) => place % 2 == 0 ? box : [0, 0, 4, 4]));

        var (ofAll, ofHalf) = (OfMLNet(all), OfMLNet(half));

        Assert.AreEqual(1, ofAll.MAP50, 0.01);
        Assert.AreEqual(1, ofAll.MAP50_95, 0.01);
        // Its precision between recalls is not COCO's.
        Assert.AreEqual(Evaluate(half).Boxes.AveragePrecision50!.Value, ofHalf.MAP50, 0.1);
        Assert.IsLessThan(0.9f, ofHalf.MAP50);
    }

    [TestMethod]
    public void FilesHaveTheSameFigures()
    {
        var report = Evaluate(_folder.Scored((_, place, box) => place == 1 ? null : box));
        report.SaveJson(_folder.Output("report.json"));
        report.SaveCsv(_folder.Output("report.csv"));
        report.SaveHtml(_folder.Output("report.html"));

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.Output("report.json")));
        var boxes = json.RootElement.GetProperty("boxes");
        Assert.AreEqual(report.Boxes.AveragePrecision!.Value, boxes.GetProperty("averagePrecision").GetDouble(), 1e-12);
        Assert.AreEqual(101, boxes.GetProperty("classes").EnumerateArray().Select(one => one.GetProperty("precisions"))
            .First(curves => curves.GetArrayLength() > 0)[0].GetArrayLength());
        Assert.AreEqual(report.Mistakes.Wrong, json.RootElement.GetProperty("mistakes").GetProperty("wrong").GetInt32());
        var lines = File.ReadAllLines(_folder.Output("report.csv"));
        Assert.HasCount(1 + 2 * (1 + DetectorPhoto.Classes.Length), lines);
        StringAssert.StartsWith(lines[0], "of,class,objects,detections,ap,ap50,ap75,");
        StringAssert.StartsWith(lines[1], FormattableString.Invariant(
            $"boxes,,{report.Boxes.ObjectCount},{report.Boxes.DetectionCount},{report.Boxes.AveragePrecision},"));
        var page = File.ReadAllText(_folder.Output("report.html"));
        Assert.HasCount(2 * report.Images.Count(image => image.Mistakes.Wrong > 0), page.Split("data:image/jpeg;base64,")[1..]);
        foreach (var loaded in new[] { "<script", "<link", "src=\"http", "url(" })
            Assert.IsFalse(page.Contains(loaded, StringComparison.Ordinal), loaded);
        StringAssert.Contains(report.Summary, "average precision");
    }

    [TestMethod]
    public void EachImageIsTold()
    {
        var told = new List<ImageReadingProgress>();

        _context.MulticlassClassification.EvaluateDetections(
            _folder.Scored(), new DetectionEvaluationOptions { Progress = new Told(told.Add) });

        CollectionAssert.AreEqual((long[])[1, 2, 3], told.Select(one => one.Images).ToArray());
        Assert.IsTrue(told.All(one => one.Role == "evaluation"));
    }

    [TestMethod]
    public void ColumnsThatAreLackingAreNamed()
    {
        var scored = _folder.Scored();

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _context.MulticlassClassification.EvaluateDetections(
            scored, new DetectionEvaluationOptions { ScoreColumnName = "Confidence" }));
        var unscored = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Evaluate(_context.Transforms.DropColumns("PredictedLabel").Fit(scored).Transform(scored)));
        var faults = Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.EvaluateDetections(
            scored, new DetectionEvaluationOptions { LeastScore = 2, AreaColumnName = "" }));

        StringAssert.Contains(error.Message, "'Confidence'");
        StringAssert.Contains(unscored.Message, "'PredictedLabel'");
        StringAssert.Contains(faults.Message, "LeastScore");
        StringAssert.Contains(faults.Message, "AreaColumnName");
    }

    private static DetectionReport Evaluate(IDataView scored) =>
        _context.MulticlassClassification.EvaluateDetections(scored, new DetectionEvaluationOptions { LeastScore = 0 });

    private static ObjectDetectionMetrics OfMLNet(IDataView scored)
    {
        var names = _context.Transforms.Conversion.MapKeyToValue("Label")
            .Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var text = names.Fit(scored).Transform(scored);
        return _context.MulticlassClassification.EvaluateObjectDetection(
            text, text.Schema["Label"], text.Schema["BoundingBoxes"], text.Schema["PredictedLabel"],
            text.Schema["PredictedBoundingBoxes"], text.Schema["Score"]);
    }

    private sealed class Told(Action<ImageReadingProgress> tell) : IProgress<ImageReadingProgress>
    {
        public void Report(ImageReadingProgress value) => tell(value);
    }

    private sealed class Areas
    {
        public float[] Area { get; set; } = [];
    }

    /// <summary>The same rows with a detector whose classes are in another order, and one more.</summary>
    private sealed class DetectedRows
    {
        public DetectedRows(IDataView scored, string[] classes)
        {
            string[] others = ["eel", .. classes.Reverse()];
            var rows = _context.Data.CreateEnumerable<Row>(scored, reuseRowObject: false, ignoreMissingColumns: true).Select(row =>
            {
                row.PredictedLabel = [.. row.PredictedLabel.Select(key => (uint)Array.IndexOf(others, classes[key - 1]) + 1)];
                return row;
            }).ToList();
            var schema = SchemaDefinition.Create(typeof(Row));
            AddNames(schema["Label"], classes);
            AddNames(schema["PredictedLabel"], others);
            View = _context.Data.LoadFromEnumerable(rows, schema);
        }

        public IDataView View { get; }

        private static void AddNames(SchemaDefinition.Column column, string[] names)
        {
            column.ColumnType = new VectorDataViewType(new KeyDataViewType(typeof(uint), names.Length));
            column.AddAnnotation(
                "KeyValues", new VBuffer<ReadOnlyMemory<char>>(names.Length, [.. names.Select(name => name.AsMemory())]),
                new VectorDataViewType(TextDataViewType.Instance, names.Length));
        }

        private sealed class Row
        {
            public uint[] Label { get; set; } = [];

            public float[] BoundingBoxes { get; set; } = [];

            public uint[] PredictedLabel { get; set; } = [];

            public float[] Score { get; set; } = [];

            public float[] PredictedBoundingBoxes { get; set; } = [];
        }
    }
}
