using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Features;

[TestClass]
public sealed class ImageFeatureTransformerTests
{
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos = Photo.Set(21);
    private static readonly IDataView _data = Photo.View(_context, _photos);
    private static readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static void SaveModels(TestContext _)
    {
        var model = FeatureModel.Create(_data);
        FeatureModel.Save(model, _folder.File("normalized.onnx"), portable: false);
        FeatureModel.Save(model, _folder.File("pixels.onnx"), portable: true);
        using var loaded = _context.Model.LoadImageClassifier(_folder.File("pixels.onnx"));
        _context.Model.Save(loaded, _data.Schema, _folder.File("model.zip"));
    }

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("normalized.onnx")]
    [DataRow("pixels.onnx")]
    [DataRow("model.zip")]
    public void TheHeadsMakeTheScoresOfTheEmbeddings(string file)
    {
        using var conformer = Load(file);
        using var features = conformer.ExtractFeatures();

        var data = features.Transform(conformer.Transform(_data));
        var (conv, transformer) = (Values(data, "ConvEmbedding"), Values(data, "TransformerEmbedding"));

        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 64), data.Schema["ConvEmbedding"].Type);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 24), data.Schema["TransformerEmbedding"].Type);
        var scores = conv.Zip(transformer, FeatureModel.ScoresOf).ToList();
        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(data), scores) < Rounding);
        Assert.IsTrue(conv.Select(row => row[0]).Distinct().Count() > 15, "the test network must tell images apart");
    }

    [TestMethod]
    public void TheMapsHaveTheirChannelsAndSizesAndTheLastOnesMeanIsTheEmbedding()
    {
        using var conformer = Load("model.zip");
        using var features = conformer.ExtractFeatures(new() { Features = ImageFeatures.FeatureMaps | ImageFeatures.ConvEmbedding });

        var data = features.Transform(_data);

        CollectionAssert.AreEqual(
            new[] { "ConvEmbedding", "C2", "C3", "C4", "C5" }, data.Schema.Skip(_data.Schema.Count).Select(c => c.Name).ToArray());
        AssertShape(data, "C2", 16, 8, 8);
        AssertShape(data, "C3", 32, 4, 4);
        AssertShape(data, "C4", 64, 2, 2);
        AssertShape(data, "C5", 64, 1, 1);
        Assert.IsTrue(ScoringModel.Difference(Values(data, "ConvEmbedding"), Values(data, "C5")) < Rounding);
        foreach (var map in (string[])["C2", "C3", "C4"])
            Assert.IsTrue(Values(data, map).All(row => row.All(value => value >= 0) && row.Any(value => value > 0)), $"{map} ends in ReLU");
    }

    [TestMethod]
    public void BatchesRowsAndEnginesGiveTheSameFeatures()
    {
        using var conformer = Load("pixels.onnx", new ScoringOptions { MaxBatchSize = 4 });
        using var features = conformer.ExtractFeatures();
        var data = features.Transform(_data);
        var (conv, transformer) = (Values(data, "ConvEmbedding"), Values(data, "TransformerEmbedding"));
        using var engine = _context.Model.CreatePredictionEngine<Photo, Embeddings>(
            features, new PredictionEngineOptions { OwnsTransformer = false });

        var single = _photos.Select(engine.Predict).ToList();

        Assert.IsTrue(ScoringModel.Difference(conv, [.. single.Select(row => row.ConvEmbedding)]) < Rounding);
        Assert.IsTrue(ScoringModel.Difference(transformer, [.. single.Select(row => row.TransformerEmbedding)]) < Rounding);
    }

    [TestMethod]
    public void TestTimeAugmentationLeavesFeaturesAsTheyAre()
    {
        using var plain = Load("model.zip");
        using var augmented = Load("model.zip", new ScoringOptions { TestTimeFlip = true, FiveCrop = true });
        using var expected = plain.ExtractFeatures();
        using var actual = augmented.ExtractFeatures();

        Assert.AreEqual(0, ScoringModel.Difference(
            Values(expected.Transform(_data), "ConvEmbedding"), Values(actual.Transform(_data), "ConvEmbedding")));
    }

    [TestMethod]
    public void ARowWithoutImageIsAnErrorOrNaNInEveryColumn()
    {
        var photos = Photo.Set(5);
        photos[2].Image = null;
        var data = Photo.View(_context, photos);
        using var throwing = Load("model.zip");
        using var lenient = Load("model.zip", new ScoringOptions { BadImages = BadImagePolicy.Skip });
        using var strictFeatures = throwing.ExtractFeatures();
        using var lenientFeatures = lenient.ExtractFeatures(new() { Features = ImageFeatures.Embeddings | ImageFeatures.C4 });

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Values(strictFeatures.Transform(data), "ConvEmbedding"));
        StringAssert.Contains(error.Message, "row 2");
        var rows = lenientFeatures.Transform(data);
        foreach (var column in (string[])["ConvEmbedding", "TransformerEmbedding", "C4"])
            CollectionAssert.AreEqual(
                new[] { false, false, true, false, false }, Values(rows, column).Select(row => row.All(float.IsNaN)).ToArray(), column);
    }

    [TestMethod]
    [DataRow("pixels.onnx")]
    [DataRow("model.zip")]
    public void SavedFeaturesLoadWithMlNetAloneAndAreTheSame(string file)
    {
        using var conformer = Load(file);
        using var features = conformer.ExtractFeatures(new ImageFeatureOptions
        {
            Features = ImageFeatures.Embeddings | ImageFeatures.C3,
            TransformerEmbeddingColumnName = "Features",
        });
        var expected = features.Transform(_data);
        var path = _folder.File("features-of-" + file + ".zip");
        _context.Model.Save(features, _data.Schema, path);

        var builtIn = new MLContext().Model.Load(path, out _);
        using var disposable = (IDisposable)builtIn;

        foreach (var column in (string[])["ConvEmbedding", "Features", "C3"])
        {
            // Images of their own for each pass: ML.NET's ResizeImages hands those of the right size through, and disposes them.
            var actual = builtIn.Transform(Photo.View(_context, Photo.Set(21)));
            Assert.IsTrue(ScoringModel.Difference(Values(expected, column), Values(actual, column)) < Rounding, column);
        }
        var columns = builtIn.GetOutputSchema(_data.Schema).Where(column => !column.IsHidden).Select(column => column.Name).ToList();
        CollectionAssert.AreEquivalent(new[] { "Image", "Label", "Number", "ConvEmbedding", "Features", "C3" }, columns);

        // The zip holds the whole network: it opens as a classifier again, and its features too.
        using var again = _context.Model.LoadImageClassifier(path);
        using var featuresAgain = again.ExtractFeatures();
        Assert.IsTrue(ScoringModel.Difference(
            ScoringModel.Scores(conformer.Transform(_data)), ScoringModel.Scores(again.Transform(_data))) < Rounding);
        Assert.IsTrue(ScoringModel.Difference(
            Values(expected, "Features"), Values(featuresAgain.Transform(_data), "TransformerEmbedding")) < Rounding);
    }

    [TestMethod]
    [DoNotParallelize] // temporary files have the process's number
    public void ATrainedModelsFeaturesAreSavedToo()
    {
        using var conformer = ScoringModel.Create(_data);
        using var features = conformer.ExtractFeatures(new() { Features = ImageFeatures.TransformerEmbedding });
        using var stream = new MemoryStream();
        _context.Model.Save(features, _data.Schema, stream);

        var builtIn = new MLContext().Model.Load(stream, out _);
        using var disposable = (IDisposable)builtIn;

        Assert.IsTrue(ScoringModel.Difference(
            Values(features.Transform(_data), "TransformerEmbedding"),
            Values(builtIn.Transform(Photo.View(_context, Photo.Set(21))), "TransformerEmbedding")) < Rounding);
        var left = Directory.GetFileSystemEntries(Path.GetTempPath(), $"conformer-{Environment.ProcessId}-*");
        Assert.AreEqual(0, left.Length, "temporary files stayed: " + string.Join(", ", left));
    }

    [TestMethod]
    public void AGraphOfAnotherNetworkThanItsMetadataTellsIsRefused()
    {
        const string architecture = "conformer.architecture";
        var path = _folder.File("other.onnx");
        var onnx = File.ReadAllBytes(_folder.File("normalized.onnx"));
        var other = OnnxEntries.Of(onnx)[architecture].Replace("\"depth\":6", "\"depth\":9", StringComparison.Ordinal);
        File.WriteAllBytes(path, OnnxEntries.With(onnx, architecture, other));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageClassifier(path).Dispose());

        StringAssert.Contains(error.Message, path);
    }

    [TestMethod]
    public void FeaturesOfAFileWithNormalizedInputAreSavedForMlNetToo()
    {
        using var conformer = Load("normalized.onnx");
        using var features = conformer.ExtractFeatures();
        using var zip = new MemoryStream();

        _context.Model.Save(features, _data.Schema, zip);

        var builtIn = new MLContext().Model.Load(zip, out _);
        using var disposable = (IDisposable)builtIn;
        var expected = ScoringModel.Scores(features.Transform(_data), "TransformerEmbedding");
        Assert.IsTrue(ScoringModel.Difference(
            expected, ScoringModel.Scores(builtIn.Transform(Photo.View(_context, Photo.Set(21))), "TransformerEmbedding")) < Rounding);
    }

    [TestMethod]
    public void FeaturesOutliveTheModelAndAreAnErrorOnceDisposed()
    {
        var conformer = Load("model.zip");
        var features = conformer.ExtractFeatures();
        conformer.Dispose();
        Assert.AreEqual(_photos.Count, Values(features.Transform(_data), "ConvEmbedding").Count);
        Assert.ThrowsExactly<ObjectDisposedException>(() => conformer.ExtractFeatures());

        features.Dispose();
        features.Dispose();

        var error = Assert.ThrowsExactly<ObjectDisposedException>(() => features.Transform(_data));
        StringAssert.Contains(error.ObjectName, nameof(ImageFeatureTransformer));
        Assert.ThrowsExactly<ObjectDisposedException>(() => _context.Model.Save(features, _data.Schema, new MemoryStream()));
    }

    [TestMethod]
    public void AnAbsentImageColumnIsNamed()
    {
        using var conformer = Load("model.zip");
        using var features = conformer.ExtractFeatures();
        var data = _context.Data.LoadFromEnumerable([new Embeddings()]);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => features.GetOutputSchema(data.Schema));

        StringAssert.Contains(error.Message, "Could not find image column 'Image'");
    }

    [TestMethod]
    public void ANetworkOfDepthThreeHasNoC4()
    {
        using var conformer = ScoringModel.Create(_data);
        using var maps = conformer.ExtractFeatures(new() { Features = ImageFeatures.C2 | ImageFeatures.C3 | ImageFeatures.C5 });
        AssertShape(maps.Transform(_data), "C5", 64, 1, 1);

        var error = Assert.ThrowsExactly<ArgumentException>(() => conformer.ExtractFeatures(new() { Features = ImageFeatures.FeatureMaps }));

        StringAssert.Contains(error.Message, "this network has no C4, only");
    }

    [TestMethod]
    public void EveryFaultOfTheOptionsIsListedAtOnce()
    {
        using var conformer = ScoringModel.Create(_data);

        var error = Assert.ThrowsExactly<ArgumentException>(() => conformer.ExtractFeatures(new ImageFeatureOptions
        {
            Features = ImageFeatures.FeatureMaps | (ImageFeatures)1024,
            C2ColumnName = "",
            C3ColumnName = "Same",
            C5ColumnName = "Same",
            ConvEmbeddingColumnName = "", // not asked for
        }));

        foreach (var expected in (string[])["Features is 1084", "C2ColumnName is empty", "C3ColumnName and C5ColumnName", "has no C4"])
            StringAssert.Contains(error.Message, expected);
        Assert.IsFalse(error.Message.Contains("ConvEmbeddingColumnName", StringComparison.Ordinal));
        Assert.ThrowsExactly<ArgumentException>(() => conformer.ExtractFeatures(new() { Features = (ImageFeatures)0 }));
    }

    private static ImageClassifierTransformer Load(string file, ScoringOptions? options = null) =>
        _context.Model.LoadImageClassifier(_folder.File(file), options);

    private static List<float[]> Values(IDataView data, string column) => ScoringModel.Scores(data, column);

    private static void AssertShape(IDataView data, string column, params int[] shape)
    {
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, shape), data.Schema[column].Type);
        Assert.IsTrue(Values(data, column).TrueForAll(row => row.Length == shape.Aggregate((a, b) => a * b)), column);
    }
}
