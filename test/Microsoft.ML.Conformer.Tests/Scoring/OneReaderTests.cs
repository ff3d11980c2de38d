using System.Collections;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>Data that one reader at a time may read, or once, as a database's often are.</summary>
[TestClass]
public sealed class OneReaderTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TrainingReadsItOnce(bool severalPasses)
    {
        var options = ScoringModel.QuickTraining(epochs: 2);
        options.ImageColumnName = nameof(Row.Path);
        var rows = _context.Data.LoadFromEnumerable(new OneReader(Rows(), severalPasses));
        var labels = _context.Data.LoadFromEnumerable([new Row { Label = "a" }, new Row { Label = "b" }]);

        using var model = _context.MulticlassClassification.Trainers.Conformer(options)
            .Fit(_context.Transforms.Conversion.MapValueToKey("Label", keyData: _context.Data.LoadFromEnumerable(
                [new Key { Label = "a" }, new Key { Label = "b" }])).Fit(labels).Transform(rows));

        Assert.AreEqual(8, model.Summary!.TrainingImages);
    }

    [TestMethod]
    public void ScoringSaysWhatToDoAndDoesItsWorkWithACache()
    {
        using var model = Model();
        var expected = ScoringModel.Scores(model.Transform(_context.Data.LoadFromEnumerable(Rows())));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => ScoringModel.Scores(model.Transform(Data())));
        for (var i = 0; i < 20; i++)
            Assert.AreEqual(0, ScoringModel.Difference(
                expected, ScoringModel.Scores(model.Transform(_context.Data.Cache(Data(), nameof(Row.Path), nameof(Row.Label))))));

        StringAssert.Contains(error.Message, "mlContext.Data.Cache");
        StringAssert.Contains(error.Message, "A second operation was started");

        IDataView Data() => _context.Data.LoadFromEnumerable(new OneReader(Rows(), severalPasses: true));
    }

    [TestMethod]
    public void KeysThatBeginWithOneAreAnErrorAndNotAClassWithoutImages()
    {
        var rows = Rows().Select((row, i) => new NumberedRow { Path = row.Path, Label = 1 + (uint)(i % 2) }).ToList();
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.ImageColumnName = nameof(Row.Path);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            _context.MulticlassClassification.Trainers.Conformer(options).Fit(_context.Data.LoadFromEnumerable(rows)));

        StringAssert.Contains(error.Message, "4 training images have no label (column 'Label'), and 1 of 2 classes have no image");
    }

    private ImageClassifierTransformer Model()
    {
        var labels = _context.Data.LoadFromEnumerable(new[] { "a", "b", "c" }.Select(label => new Row { Label = label }));
        using var model = ScoringModel.Create(_context.Transforms.Conversion.MapValueToKey("Label").Fit(labels).Transform(labels));
        model.SaveAsOnnx(_folder.File("model.onnx"));
        return _context.Model.LoadImageClassifier(_folder.File("model.onnx"), imageColumnName: nameof(Row.Path));
    }

    private List<Row> Rows() =>
    [
        .. Enumerable.Range(0, 8).Select(i =>
        {
            var path = _folder.File($"{i}.png");
            File.WriteAllBytes(path, ImageFileBytes.Encode(50, 40, FormulaImage.Rgb(50, 40, 30 * i).Pixels, ".png"));
            return new Row { Path = path, Label = i % 2 == 0 ? "a" : "b" };
        }),
    ];

    private sealed class OneReader(List<Row> rows, bool severalPasses) : IEnumerable<Row>
    {
        private bool _open, _done;

        public IEnumerator<Row> GetEnumerator()
        {
            if (_open || _done && !severalPasses)
                throw new InvalidOperationException("A second operation was started on this context instance.");
            _open = true;
            return Read();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private IEnumerator<Row> Read()
        {
            try
            {
                foreach (var row in rows)
                    yield return row;
            }
            finally
            {
                (_open, _done) = (false, true);
            }
        }
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Key
    {
        public string Label { get; set; } = "";
    }

    private sealed class NumberedRow
    {
        public string Path { get; set; } = "";

        [Microsoft.ML.Data.KeyType(2)]
        public uint Label { get; set; }
    }
}
