using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Features;

[TestClass]
public sealed class ImageFeatureEstimatorTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(9));
    private static readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static void SaveModel(TestContext _) =>
        FeatureModel.Save(FeatureModel.Create(_data), _folder.File("model.onnx"), portable: true);

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void InAPipelineItStandsBeforeOtherEstimators()
    {
        var pipeline = _context.Transforms.ExtractImageFeatures(_folder.File("model.onnx"))
            .Append(_context.Transforms.Concatenate("Features", "ConvEmbedding", "TransformerEmbedding"))
            .Append(_context.Transforms.DropColumns("ConvEmbedding"));

        var model = pipeline.Fit(_data);
        using var disposable = (IDisposable)model;
        var actual = ScoringModel.Scores(model.Transform(_data), "Features");

        using var conformer = _context.Model.LoadImageClassifier(_folder.File("model.onnx"));
        using var features = conformer.ExtractFeatures();
        var data = features.Transform(_data);
        var expected = ScoringModel.Scores(data, "ConvEmbedding").Zip(
            ScoringModel.Scores(data, "TransformerEmbedding"), (x, y) => (float[])[.. x, .. y]).ToList();
        Assert.AreEqual(0, ScoringModel.Difference(expected, actual));
    }

    [TestMethod]
    public void AModelsEstimatorGoesOnWorkingWhenTheModelIsDisposedAndFitsAgainAndAgain()
    {
        var conformer = _context.Model.LoadImageClassifier(_folder.File("model.onnx"));
        var estimator = _context.Transforms.ExtractImageFeatures(conformer, new ImageFeatureOptions { C2ColumnName = "unused" });
        conformer.Dispose();

        using var first = estimator.Fit(_data);
        using var second = estimator.Fit(_data);
        var expected = ScoringModel.Scores(first.Transform(_data), "ConvEmbedding");
        first.Dispose();

        Assert.AreEqual(0, ScoringModel.Difference(expected, ScoringModel.Scores(second.Transform(_data), "ConvEmbedding")));
        Assert.ThrowsExactly<ObjectDisposedException>(() => _context.Transforms.ExtractImageFeatures(conformer));
    }

    [TestMethod]
    public void TheSchemasShapeIsThatOfTheData()
    {
        var estimator = _context.Transforms.ExtractImageFeatures(_folder.File("model.onnx"), new ImageFeatureOptions
        {
            Features = ImageFeatures.Embeddings | ImageFeatures.C4,
            C4ColumnName = "Map",
        });
        // A first step gives the shape of the data: SchemaShape has no public way from a schema.
        var input = _context.Transforms.CopyColumns("Copy", "Number").GetOutputSchema(ShapeOf());

        var shape = estimator.GetOutputSchema(input).ToDictionary(column => column.Name);
        using var model = estimator.Fit(_data);

        CollectionAssert.AreEqual(
            (string[])[.. input.Select(c => c.Name), "ConvEmbedding", "TransformerEmbedding", "Map"], shape.Keys.ToArray());
        foreach (var name in (string[])["ConvEmbedding", "TransformerEmbedding", "Map"])
        {
            Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, shape[name].Kind);
            Assert.AreEqual(NumberDataViewType.Single, shape[name].ItemType);
            Assert.IsFalse(shape[name].IsKey);
            Assert.IsTrue(((VectorDataViewType)model.GetOutputSchema(_data.Schema)[name].Type).IsKnownSize);
        }
    }

    [TestMethod]
    public void WithoutAnImageColumnFittingAndTheShapeAreErrorsThatNameIt()
    {
        var estimator = _context.Transforms.ExtractImageFeatures(
            _folder.File("model.onnx"), imageColumnName: "Photo");

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => estimator.Fit(_data)).Message, "'Photo'");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(ShapeOf())).Message, "'Photo'");
    }

    [TestMethod]
    public void FaultsAreErrorsBeforeAnythingIsFitted()
    {
        var path = _folder.File("model.onnx");
        Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ExtractImageFeatures(
            path, new ImageFeatureOptions { Features = 0 }));
        Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ExtractImageFeatures(
            path, scoring: new ScoringOptions { MaxBatchSize = 0 }));
        Assert.ThrowsExactly<FileNotFoundException>(() => _context.Transforms.ExtractImageFeatures(_folder.File("absent.onnx")));
        using (File.Create(_folder.File("empty.onnx")))
        {
        }
        Assert.ThrowsExactly<InvalidDataException>(() => _context.Transforms.ExtractImageFeatures(_folder.File("empty.onnx")));
    }

    private static SchemaShape ShapeOf()
    {
        var definition = SchemaDefinition.Create(typeof(Row));
        return _context.Transforms.CustomMapping<Nothing, Row>((_, _) => { }, contractName: null, outputSchemaDefinition: definition)
            .GetOutputSchema(new SchemaShape([]));
    }

    private sealed class Nothing;

    private sealed class Row
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image { get; set; }

        public int Number { get; set; }
    }
}
