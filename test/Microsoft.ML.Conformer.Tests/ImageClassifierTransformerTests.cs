using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ImageClassifierTransformerTests
{
    /// <summary>Room for ONNX Runtime's kernels, which sum in another order for another batch size.</summary>
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos = Photo.Set(37);
    private static readonly IDataView _data = Photo.View(_context, _photos);
    private static ImageClassifierTransformer _model = null!;

    [ClassInitialize]
    public static void CreateModel(TestContext _) => _model = ScoringModel.Create(_data);

    [ClassCleanup]
    public static void DisposeModel() => _model.Dispose();

    [TestMethod]
    public void OutputColumnsHaveTheTypesAndNamesOfMulticlassTrainers()
    {
        var schema = _model.GetOutputSchema(_data.Schema);

        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3), schema["Score"].Type);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Score"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(Photo.Classes, names.DenseValues().Select(name => name.ToString()).ToArray());

        Assert.AreEqual(new KeyDataViewType(typeof(uint), 3), schema["PredictedLabel"].Type);
        VBuffer<ReadOnlyMemory<char>> values = default;
        schema["PredictedLabel"].GetKeyValues(ref values);
        CollectionAssert.AreEqual(Photo.Classes, values.DenseValues().Select(value => value.ToString()).ToArray());
        CollectionAssert.AreEqual(Photo.Classes, _model.ClassNames.ToArray());
    }

    [TestMethod]
    public void ScoresAreProbabilitiesAndThePredictedLabelIsTheirMaximum()
    {
        var scored = _model.Transform(_data);

        var scores = ScoringModel.Scores(scored);
        var predicted = scored.GetColumn<uint>("PredictedLabel").ToList();

        Assert.AreEqual(_photos.Count, scores.Count);
        for (var row = 0; row < scores.Count; row++)
        {
            Assert.AreEqual(1, scores[row].Sum(), 1e-5);
            Assert.AreEqual(scores[row].ToList().IndexOf(scores[row].Max()) + 1, (int)predicted[row]);
        }
        Assert.IsTrue(scores.Select(row => row[0]).Distinct().Count() > 30, "the test network must tell images apart");
    }

    [TestMethod]
    public void BatchesGiveTheScoresOfSingleRows()
    {
        var batched = ScoringModel.Scores(_model.Transform(_data));

        var single = _photos.Select(photo => ScoringModel.Scores(_model.Transform(Photo.View(_context, [photo])))[0]).ToList();

        Assert.IsTrue(ScoringModel.Difference(batched, single) < Rounding);
    }

    [TestMethod]
    public void ASecondPassGivesTheSameScores()
    {
        var scored = _model.Transform(_data);

        Assert.AreEqual(0, ScoringModel.Difference(ScoringModel.Scores(scored), ScoringModel.Scores(scored)));
    }

    [TestMethod]
    public void AnySubsetOfColumnsGivesTheSameValues()
    {
        var scored = _model.Transform(_data);
        var scores = ScoringModel.Scores(scored);
        for (var subset = 0; subset < 16; subset++)
        {
            string[] names = ["Score", "PredictedLabel", "Number", "Label"];
            var columns = names.Where((_, bit) => (subset >> bit & 1) == 1).Select(name => scored.Schema[name]).ToList();
            using var cursor = scored.GetRowCursor(columns);
            var score = columns.Exists(c => c.Name == "Score") ? cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]) : null;
            var label = columns.Exists(c => c.Name == "PredictedLabel") ? cursor.GetGetter<uint>(scored.Schema["PredictedLabel"]) : null;
            var number = columns.Exists(c => c.Name == "Number") ? cursor.GetGetter<int>(scored.Schema["Number"]) : null;
            var (rows, vector, key, value) = (0, default(VBuffer<float>), 0u, 0);
            for (; cursor.MoveNext(); rows++)
            {
                if (rows % 3 == 1)
                    continue; // rows may be passed over
                score?.Invoke(ref vector);
                label?.Invoke(ref key);
                number?.Invoke(ref value);
                if (score is not null)
                    CollectionAssert.AreEqual(scores[rows], vector.DenseValues().ToArray());
                if (label is not null)
                    Assert.AreEqual(scores[rows].ToList().IndexOf(scores[rows].Max()) + 1, (int)key);
                if (number is not null)
                    Assert.AreEqual(rows, value);
            }
            Assert.AreEqual(_photos.Count, rows);
        }
    }

    [TestMethod]
    public void SkippedAndTakenRowsKeepTheirOwnScores()
    {
        var scored = _model.Transform(_data);
        var all = ScoringModel.Scores(scored);

        var some = ScoringModel.Scores(_context.Data.TakeRows(_context.Data.SkipRows(scored, 5), 20));

        Assert.IsTrue(ScoringModel.Difference(all.GetRange(5, 20), some) < Rounding);
    }

    [TestMethod]
    public void CachingShufflingAndSplittingLeaveEachRowItsScore()
    {
        var scored = _model.Transform(_data);
        var expected = ScoringModel.Scores(scored);
        var split = _context.Data.TrainTestSplit(scored, 0.4, seed: 1);

        IDataView[] views = [_context.Data.Cache(scored), _context.Data.ShuffleRows(scored, seed: 1), split.TrainSet, split.TestSet];
        foreach (var view in views)
        {
            var numbers = view.GetColumn<int>("Number").ToList();
            var scores = _context.Data.CreateEnumerable<NumberedScore>(view, reuseRowObject: false).ToList();
            CollectionAssert.AreEqual(numbers, scores.Select(row => row.Number).ToList());
            Assert.IsTrue(scores.TrueForAll(row => ScoringModel.Difference([expected[row.Number]], [row.Score]) < Rounding));
        }
        var all = split.TrainSet.GetColumn<int>("Number").Concat(split.TestSet.GetColumn<int>("Number"));
        Assert.AreEqual(_photos.Count, all.Distinct().Count());
    }

    [TestMethod]
    public void TheImagesAreNotReadWhereNoScoreIsAsked()
    {
        var data = Photo.View(_context, [new Photo { Image = null, Label = "red", Number = 7 }]);

        CollectionAssert.AreEqual(new[] { 7 }, _model.Transform(data).GetColumn<int>("Number").ToArray());
    }

    [TestMethod]
    public void ARowWithoutImageHasItsOwnErrorAndTheOthersTheirScores()
    {
        var photos = Photo.Set(5);
        photos[2].Image = null;
        var scored = _model.Transform(Photo.View(_context, photos));
        var expected = ScoringModel.Scores(_model.Transform(Photo.View(_context, Photo.Set(5))));

        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        for (var row = 0; cursor.MoveNext(); row++)
        {
            VBuffer<float> score = default;
            if (row == 2)
            {
                var error = Assert.ThrowsExactly<InvalidDataException>(() => getter(ref score));
                StringAssert.Contains(error.Message, "row 2");
                StringAssert.Contains(error.Message, "'Image'");
                continue;
            }
            getter(ref score);
            Assert.IsTrue(ScoringModel.Difference([expected[row]], [score.DenseValues().ToArray()]) < Rounding);
        }
    }

    [TestMethod]
    public void AnImageFileThatIsMissingIsNamed()
    {
        var data = _context.Data.LoadFromEnumerable([new Named { Image = "/nowhere/absent.png" }]);
        data = _context.Transforms.LoadImages("Image", imageFolder: "").Fit(data).Transform(data);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ScoringModel.Scores(_model.Transform(data)));

        StringAssert.Contains(error.Message, "/nowhere/absent.png");
        StringAssert.Contains(error.Message, "row 0");
    }

    [TestMethod]
    public void AnImageFileThatIsBrokenIsNamed()
    {
        using var folder = new TemporaryFolder();
        var file = new OnDisk { ImagePath = folder.File("broken.png") };
        File.WriteAllText(file.ImagePath, "no image");
        var data = _context.Data.LoadFromEnumerable([file]);
        var loading = _context.Transforms.LoadImages("Image", imageFolder: "", inputColumnName: "ImagePath").Fit(data);
        using var engine = _context.Model.CreatePredictionEngine<OnDisk, ScoreOnly>(
            loading.Append(_model), new PredictionEngineOptions { OwnsTransformer = false });

        var inABatch = Assert.ThrowsExactly<InvalidDataException>(() => ScoringModel.Scores(_model.Transform(loading.Transform(data))));
        var alone = Assert.ThrowsExactly<InvalidDataException>(() => engine.Predict(file));

        StringAssert.Contains(inABatch.Message, file.ImagePath);
        StringAssert.Contains(alone.Message, file.ImagePath);
    }

    [TestMethod]
    public void APredictionEngineScoresEachImageAndRecoversFromAMissingOne()
    {
        var expected = ScoringModel.Scores(_model.Transform(_data));
        using var engine = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(
            _model, new PredictionEngineOptions { OwnsTransformer = false });

        for (var row = 0; row < 4; row++)
            Assert.IsTrue(ScoringModel.Difference([expected[row]], [engine.Predict(_photos[row]).Score]) < Rounding);
        Assert.ThrowsExactly<InvalidDataException>(() => engine.Predict(new Photo()));
        Assert.IsTrue(ScoringModel.Difference([expected[4]], [engine.Predict(_photos[4]).Score]) < Rounding);
    }

    [TestMethod]
    public void ManyThreadsGetTheScoresOfOne()
    {
        var expected = ScoringModel.Scores(_model.Transform(_data));

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
            Assert.AreEqual(0, ScoringModel.Difference(expected, ScoringModel.Scores(_model.Transform(_data)))));
    }

    [TestMethod]
    public void AnImageOfAnotherSizeIsResizedAndCropped()
    {
        var data = Photo.View(_context, Photo.Set(3, width: 60, height: 45));

        var scores = ScoringModel.Scores(_model.Transform(data));

        Assert.AreEqual(3, scores.Count);
        Assert.IsTrue(scores.TrueForAll(score => Math.Abs(score.Sum() - 1) < 1e-5));
    }

    [TestMethod]
    public void AnAbsentOrWrongImageColumnIsNamed()
    {
        var data = _context.Data.LoadFromEnumerable([new Unloaded()]);
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _model.Transform(data));
        StringAssert.Contains(error.Message, "Schema mismatch for image column 'Image': expected Image (MLImage), String (files' paths)");

        var without = _context.Data.LoadFromEnumerable([new ScoreOnly()]);
        error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _model.GetOutputSchema(without.Schema));
        StringAssert.Contains(error.Message, "Could not find image column 'Image'");
        StringAssert.Contains(error.Message, "Score");
    }

    [TestMethod]
    public void DisposingTwiceIsFineAndEveryLaterUseIsAnError()
    {
        var model = ScoringModel.Create(_data);
        var scored = model.Transform(_data);
        var engine = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(
            model, new PredictionEngineOptions { OwnsTransformer = false });
        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> score = default;
        Assert.IsTrue(cursor.MoveNext());

        model.Dispose();
        model.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => getter(ref score));
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict(_photos[0]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(_data));
        Assert.ThrowsExactly<ObjectDisposedException>(() => scored.GetColumn<float[]>("Score").ToList());
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.SaveAsOnnx("never.onnx"));
        Assert.ThrowsExactly<ObjectDisposedException>(() => _context.Model.Save(model, _data.Schema, new MemoryStream()));
    }

    [TestMethod]
    public void DisposingWaitsForScoringsUnderWay()
    {
        var model = ScoringModel.Create(_data);
        using var started = new CountdownEvent(4);
        var scorings = Enumerable.Range(0, 4).Select(_ => OwnThread.Start(() =>
        {
            for (var pass = 0; ; pass++)
            {
                try
                {
                    ScoringModel.Scores(model.Transform(_data));
                }
                catch (ObjectDisposedException)
                {
                    return pass;
                }
                if (pass == 0)
                    started.Signal();
            }
        })).ToArray();
        var allStarted = started.Wait(Patience.Limit);

        model.Dispose(); // ends the loops, also where one of them failed

        Assert.IsTrue(OwnThread.Results(scorings).All(passes => passes > 0));
        Assert.IsTrue(allStarted);
    }

    [TestMethod]
    public void TheOnnxFileGivesTheSameScores()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        _model.SaveAsOnnx(path);
        _model.SaveAsOnnx(path); // replaces the first

        var preprocessor = new ImagePreprocessor(Photo.Side, new());
        var pixels = new float[_photos.Count * preprocessor.ByteCount];
        for (var i = 0; i < _photos.Count; i++)
        {
            var image = RgbImage.FromMLImage(_photos[i].Image!);
            preprocessor.Preprocess(image, pixels.AsSpan(i * preprocessor.ByteCount), PixelLayout.Nchw);
        }
        using var session = new InferenceSession(path);
        using var options = new RunOptions();
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [_photos.Count, 3, Photo.Side, Photo.Side]);
        using var outputs = session.Run(options, ["image"], [input], ["Score"]);
        var scores = outputs[0].GetTensorDataAsSpan<float>().ToArray().Chunk(3).ToList();

        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(_model.Transform(_data)), scores) < Rounding);
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFileSystemEntries(folder.Path), "only the model may stay");
    }

    [TestMethod]
    public void AnOnnxFileThatCannotBeWrittenLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("taken.onnx"));

        Assert.ThrowsExactly<DirectoryNotFoundException>(() => _model.SaveAsOnnx(folder.File(Path.Combine("absent", "model.onnx"))));
        try
        {
            _model.SaveAsOnnx(folder.File("taken.onnx"));
            Assert.Fail("a folder is no file to replace");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        CollectionAssert.AreEqual(new[] { folder.File("taken.onnx") }, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [DoNotParallelize] // temporary files have the process's number
    public void ASavedModelLoadsWithMlNetAloneAndGivesTheSameScoresAndLabels()
    {
        using var stream = new MemoryStream();
        _context.Model.Save(_model, _data.Schema, stream);
        var left = Directory.GetFileSystemEntries(Path.GetTempPath(), $"conformer-{Environment.ProcessId}-*");
        Assert.AreEqual(0, left.Length, "temporary files stayed: " + string.Join(", ", left));

        var context = new MLContext();
        var loaded = context.Model.Load(stream, out _);
        using var disposable = (IDisposable)loaded;
        // Images of its own: ML.NET's ResizeImages hands those of the right size through, and disposes them.
        var (expected, actual) = (_model.Transform(_data), loaded.Transform(Photo.View(_context, Photo.Set(37))));

        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(expected), ScoringModel.Scores(actual)) < Rounding);
        CollectionAssert.IsSubsetOf(new[] { "Score", "PredictedLabel" }, actual.Schema.Select(column => column.Name).ToArray());
        Assert.IsFalse(actual.Schema.Any(column => column.Name.StartsWith("__", StringComparison.Ordinal)), "temporary columns stayed");
        VBuffer<ReadOnlyMemory<char>> names = default;
        actual.Schema["Score"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(Photo.Classes, names.DenseValues().Select(name => name.ToString()).ToArray());
    }

    [TestMethod]
    public void ASavedModelInAChainPredictsTheSameLabels()
    {
        var chain = _model.Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(_model.Transform(_data)));
        using var stream = new MemoryStream();
        _context.Model.Save(chain, _data.Schema, stream);
        var loaded = new MLContext().Model.Load(stream, out _);
        using var disposable = (IDisposable)loaded;

        var expected = chain.Transform(_data).GetColumn<string>("PredictedLabel").ToList();
        var actual = loaded.Transform(Photo.View(_context, Photo.Set(37))).GetColumn<string>("PredictedLabel").ToList();

        CollectionAssert.AreEqual(expected, actual);
        Assert.IsTrue(expected.Distinct().Count() > 1, "the test network must tell classes apart");
    }

    [TestMethod]
    public void LabelsThatAreNumbersKeepTheirTypeThroughASave()
    {
        int[] values = [30, 10, 20];
        var photos = Photo.Set(9).Select(photo => new NumberedPhoto { Image = photo.Image, Label = values[photo.Number % 3] });
        var data = _context.Data.LoadFromEnumerable(photos);
        data = _context.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        using var model = ScoringModel.Create(data, "Probability", "Class");
        using var stream = new MemoryStream();
        _context.Model.Save(model, data.Schema, stream);
        var loaded = new MLContext().Model.Load(stream, out _);
        using var disposable = (IDisposable)loaded;

        var schema = loaded.GetOutputSchema(data.Schema);
        VBuffer<int> keyValues = default;
        schema["Class"].GetKeyValues(ref keyValues);
        CollectionAssert.AreEqual(values, keyValues.DenseValues().ToArray());
        Assert.IsNull(schema.GetColumnOrNull("Score"), "the score column has its own name");
        Assert.IsFalse(model.GetOutputSchema(data.Schema)["Probability"].HasSlotNames());
        CollectionAssert.AreEqual(new[] { "30", "10", "20" }, model.ClassNames.ToArray());
        CollectionAssert.AreEqual(
            model.Transform(data).GetColumn<uint>("Class").ToList(), loaded.Transform(data).GetColumn<uint>("Class").ToList());
    }

    [TestMethod]
    public void KeysWithoutValuesBecomeTheNumbersOfTheClassesInASavedModel()
    {
        var photos = Photo.Set(9).Select(photo => new KeyedPhoto { Image = photo.Image, Label = (uint)photo.Number % 3 });
        var data = _context.Data.LoadFromEnumerable(photos);
        using var model = ScoringModel.Create(data);
        using var stream = new MemoryStream();
        _context.Model.Save(model, data.Schema, stream);
        var loaded = new MLContext().Model.Load(stream, out _);
        using var disposable = (IDisposable)loaded;

        Assert.AreEqual(0, model.GetOutputSchema(data.Schema)["PredictedLabel"].Annotations.Schema.Count);
        CollectionAssert.AreEqual(new[] { "0", "1", "2" }, model.ClassNames.ToArray());
        VBuffer<uint> keyValues = default;
        loaded.GetOutputSchema(data.Schema)["PredictedLabel"].GetKeyValues(ref keyValues);
        CollectionAssert.AreEqual(new uint[] { 0, 1, 2 }, keyValues.DenseValues().ToArray());
        CollectionAssert.AreEqual(
            model.Transform(data).GetColumn<uint>("PredictedLabel").ToList(),
            loaded.Transform(data).GetColumn<uint>("PredictedLabel").ToList());
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class OnDisk
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Named
    {
        public string Image { get; set; } = "";
    }

    private sealed class Unloaded
    {
        public int Image { get; set; }
    }

    private sealed class NumberedScore
    {
        public int Number { get; set; }

        public float[] Score { get; set; } = [];
    }
}
