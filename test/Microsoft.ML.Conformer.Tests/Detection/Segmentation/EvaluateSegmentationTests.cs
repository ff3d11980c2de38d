using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>mlContext.MulticlassClassification.EvaluateSegmentation, on rows that are written here.</summary>
[TestClass]
public sealed class EvaluateSegmentationTests
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _context = new();
    private readonly List<string> _log = [];

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ClassesAreMatchedByNamesAndOthersComeBehindThem()
    {
        // sky, sea, sky, none; and sky, boat (which the truth has not), sea, sky.
        Write("a.png", 2, 2, 0, 1, 0, 255);
        Write("b.png", 1, 3, 1, 1, 0);
        _context.Log += (_, entry) => _log.Add(entry.Message);

        var metrics = Evaluate(["sky", "sea"], ["boat", "sea", "sky"],
            ("a.png", [2, 2], [2, 0, 1, 2]), ("b.png", [0, 0], []), ("b.png", [1, 3], [1, 1, 2]));

        CollectionAssert.AreEqual(new[] { "sky", "sea", "boat" }, metrics.Classes.Select(one => one.Name).ToArray());
        CollectionAssert.AreEqual(new long[] { 2, 1, 0, 0, 2, 1, 0, 0, 0 }, metrics.ConfusionMatrix.SelectMany(row => row).ToArray());
        Assert.AreEqual(4.0 / 6, metrics.PixelAccuracy!.Value, 1e-12);
        Assert.IsTrue(_log.Any(line => line.Contains("1 images have no labels", StringComparison.Ordinal)), string.Join("\n", _log));
    }

    [TestMethod]
    public void WithoutNamesPredictedClassesAreTheDatasInTheirOrder()
    {
        Write("a.png", 2, 2, 0, 1, 0, 255);
        var metrics = _context.MulticlassClassification.EvaluateSegmentation(
            Rows(["sky", "sea"], null, ("a.png", [2, 2], [0, 1, 1, 0])));
        CollectionAssert.AreEqual(new long[] { 1, 1, 0, 1 }, metrics.ConfusionMatrix.SelectMany(row => row).ToArray());
    }

    [TestMethod]
    public void ClassesOfTheNetworkAloneAreNotTakenForTheDatas()
    {
        Write("a.png", 1, 2, 0, 1);
        string[] others = [.. Enumerable.Range(0, 256).Select(number => $"other {number}")];
        // Class 254 of the network's is the 256th of all.
        var metrics = Evaluate(["sky", "sea"], others, ("a.png", [1, 2], [254, 0]));
        Assert.AreEqual(0, metrics.PixelAccuracy);
    }

    [TestMethod]
    public void WhatDoesNotFitIsNamed()
    {
        Write("a.png", 2, 2, 0, 1, 0, 255);
        string Message<T>(params (string, int[], byte[])[] rows) where T : Exception =>
            Assert.ThrowsExactly<T>(() => Evaluate(["sky", "sea"], ["sky", "sea"], rows)).Message;

        StringAssert.Contains(Message<InvalidDataException>(("a.png", [1, 4], [0, 0, 0, 0])), "a.png' has 2 x 2 pixels");
        StringAssert.Contains(Message<InvalidDataException>(("a.png", [2, 2], [0, 0, 0, 2])), "up to 2");
        StringAssert.Contains(Message<InvalidDataException>(("a.png", [2, 2], [0, 0, 0])), "3 predicted labels");
        StringAssert.Contains(Message<InvalidDataException>(), "no row");
        StringAssert.Contains(Message<FileNotFoundException>(("b.png", [2, 2], [0, 0, 0, 0])), "b.png");

        var rows = Rows(["sky", "sea"], null, ("a.png", [2, 2], [0, 0, 0, 0]));
        var evaluation = _context.MulticlassClassification;
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => evaluation.EvaluateSegmentation(
                rows, new SegmentationEvaluationOptions { LabelMapColumnName = "Truth" })).Message, "'Truth'");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => evaluation.EvaluateSegmentation(rows, new SegmentationEvaluationOptions
                {
                    PredictedLabelsColumnName = "PredictedLabelsSize",
                    SizeColumnName = "PredictedLabels",
                })).Message,
            "a vector of Byte");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => evaluation.EvaluateSegmentation(
                rows, new SegmentationEvaluationOptions { LabelMapColumnName = "A", SizeColumnName = "A" })).Message,
            "SizeColumnName");
    }

    private SegmentationMetrics Evaluate(
        IReadOnlyList<string> truth, IReadOnlyList<string> predicted, params (string Map, int[] Size, byte[] Labels)[] rows) =>
        _context.MulticlassClassification.EvaluateSegmentation(Rows(truth, predicted, rows));

    private IDataView Rows(
        IReadOnlyList<string> truth, IReadOnlyList<string>? predicted, params (string Map, int[] Size, byte[] Labels)[] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        Name(schema[nameof(Row.LabelMapPath)], truth);
        schema[nameof(Row.LabelMapPath)].AddAnnotation(
            "ClassOfValue", new VBuffer<int>(256, [.. Enumerable.Range(0, 256).Select(i => i == 255 ? 255 : i < truth.Count ? i : -1)]),
            new VectorDataViewType(NumberDataViewType.Int32, 256));
        if (predicted is not null)
            Name(schema[nameof(Row.PredictedLabels)], predicted);
        return _context.Data.LoadFromEnumerable(
            rows.Select(row => new Row
            {
                LabelMapPath = _folder.File(row.Map),
                PredictedLabels = row.Labels,
                PredictedLabelsSize = row.Size,
            }).ToList(), schema);

        static void Name(SchemaDefinition.Column column, IReadOnlyList<string> names) => column.AddAnnotation(
            "ClassNames", new VBuffer<ReadOnlyMemory<char>>(names.Count, [.. names.Select(name => name.AsMemory())]),
            new VectorDataViewType(TextDataViewType.Instance, names.Count));
    }

    private void Write(string name, int height, int width, params byte[] labels) =>
        new LabelMap(height, width, labels).SaveAsPng(_folder.File(name));

    private sealed class Row
    {
        public string LabelMapPath { get; set; } = "";
        public byte[] PredictedLabels { get; set; } = [];

        [VectorType(2)]
        public int[] PredictedLabelsSize { get; set; } = [];
    }
}
