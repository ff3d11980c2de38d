using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>
/// What scoring takes, it gives back: native memory, temporary files and the session. Memory and files are the process's, so that no test
/// may run beside.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class ScoringOwnershipTests
{
    /// <summary>Room for what the process compiles and caches by and by; a leak of 1 KB for each photo scored exceeds it.</summary>
    private const long AllowedGrowth = 10_000_000;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos = Photo.Set(20);
    private static readonly IDataView _data = Photo.View(_context, _photos);

    [TestMethod]
    public void TenThousandPredictionsAndHundredsOfPassesLeaveMemoryFlat()
    {
        const int Blocks = 24, Predictions = 420, Passes = 15;
        using var model = ScoringModel.Create(_data);
        using var engine = Engine(model);

        ResidentMemory.AssertFlat(Blocks, () =>
        {
            for (var i = 0; i < Predictions; i++)
                engine.Predict(_photos[i % _photos.Count]);
            for (var pass = 0; pass < Passes; pass++)
                ScoringModel.Scores(model.Transform(_data));
        }, AllowedGrowth);
    }

    [TestMethod]
    public void TwoHundredRoundsOfLoadingScoringAndDisposingLeaveMemoryFlat()
    {
        const int Blocks = 20, Rounds = 5;
        using var folder = new TemporaryFolder();
        var (zip, onnx) = (folder.File("model.zip"), folder.File("model.onnx"));
        using (var model = ScoringModel.Create(_data))
        {
            _context.Model.Save(model, _data.Schema, zip);
            model.SaveAsOnnx(onnx);
        }
        var one = Photo.View(_context, _photos[..1]);
        // One thread: on so small a network, waiting for a second one on a busy machine takes longer than the work.
        var options = new ScoringOptions { IntraOpThreads = 1 };

        ResidentMemory.AssertFlat(Blocks, () =>
        {
            for (var round = 0; round < 2 * Rounds; round++)
            {
                using var loaded = _context.Model.LoadImageClassifier(round % 2 == 0 ? zip : onnx, options);
                ScoringModel.Scores(loaded.Transform(one));
            }
        }, AllowedGrowth);
    }

    [TestMethod]
    public void NoOperationLeavesTemporaryFiles()
    {
        using var files = new TemporaryFolder();
        using var temporary = new TemporaryFolder();
        var usual = Environment.GetEnvironmentVariable(TemporaryFilesVariable);
        Environment.SetEnvironmentVariable(TemporaryFilesVariable, temporary.Path);
        try
        {
            Assert.AreEqual(temporary.Path, Path.TrimEndingDirectorySeparator(Path.GetTempPath()));
            SaveLoadAndScore(files.File("model.zip"), files.File("model.onnx"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(TemporaryFilesVariable, usual);
        }

        CollectionAssert.AreEqual(Array.Empty<string>(), Directory.GetFileSystemEntries(temporary.Path));
        CollectionAssert.AreEquivalent(
            new[] { files.File("model.zip"), files.File("model.onnx") }, Directory.GetFileSystemEntries(files.Path));
    }

    [TestMethod]
    public void AnEngineDisposesTheModelThatItOwnsAndOtherEnginesThenSaySo()
    {
        var model = ScoringModel.Create(_data);
        var owner = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(model);
        using var other = Engine(model);
        other.Predict(_photos[0]);

        owner.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => other.Predict(_photos[1]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(_data));
    }

    [TestMethod]
    public void AnEngineThatDoesNotOwnTheModelLeavesItToTheOthers()
    {
        using var model = ScoringModel.Create(_data);
        var first = Engine(model);
        using var second = Engine(model);
        var expected = first.Predict(_photos[0]).Score;

        first.Dispose();

        CollectionAssert.AreEqual(expected, second.Predict(_photos[0]).Score);
    }

    [TestMethod]
    public void AChainDisposesItsModel()
    {
        var model = ScoringModel.Create(_data);
        var chain = model.Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(model.Transform(_data)));
        var scored = chain.Transform(_data);

        chain.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => ScoringModel.Scores(scored));
    }

    [TestMethod]
    public void RowMappersOfADisposedModelThrowWhileWhatItIsCanStillBeRead()
    {
        using var cursor = _data.GetRowCursor(_data.Schema);
        Assert.IsTrue(cursor.MoveNext());
        var model = ScoringModel.Create(_data);
        var mapper = ((ITransformer)model).GetRowToRowMapper(_data.Schema);
        var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var getter = row.GetGetter<VBuffer<float>>(mapper.OutputSchema["Score"]);
        VBuffer<float> score = default;
        getter(ref score);

        model.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => getter(ref score), "not even the score computed before");
        Assert.ThrowsExactly<ObjectDisposedException>(() => ((ITransformer)model).GetRowToRowMapper(_data.Schema));
        CollectionAssert.AreEqual(Photo.Classes, model.ClassNames.ToArray());
        Assert.AreEqual(Photo.Side, model.ImageSize);
        Assert.IsNotNull(model.GetOutputSchema(_data.Schema).GetColumnOrNull("Score"));
    }

    private static PredictionEngine<Photo, ScoreOnly> Engine(ImageClassifierTransformer model) =>
        _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(model, new PredictionEngineOptions { OwnsTransformer = false });

    private static string TemporaryFilesVariable => OperatingSystem.IsWindows() ? "TMP" : "TMPDIR";

    private static void SaveLoadAndScore(string zip, string onnx)
    {
        var context = new MLContext(seed: 1); // takes its temporary folder when it is made
        using (var model = ScoringModel.Create(_data))
        {
            context.Model.Save(model, _data.Schema, zip);
            model.SaveAsOnnx(onnx);
            using var full = new FullDisk();
            Assert.ThrowsExactly<IOException>(() => context.Model.Save(model, _data.Schema, full));
            Assert.ThrowsExactly<DirectoryNotFoundException>(() => model.SaveAsOnnx(Path.Combine(onnx + ".absent", "model.onnx")));
        }
        foreach (var file in (string[])[zip, onnx])
        {
            using var loaded = context.Model.LoadImageClassifier(file);
            ScoringModel.Scores(loaded.Transform(_data));
            using var again = new MemoryStream();
            context.Model.Save(loaded, _data.Schema, again);
        }
        using var builtIn = (IDisposable)context.Model.Load(zip, out _);
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];
    }

    /// <summary>Takes a little, then nothing any more.</summary>
    private sealed class FullDisk : MemoryStream
    {
        private const int Room = 10_000;

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Length + count > Room)
                throw new IOException("No space left on device");
            base.Write(buffer, offset, count);
        }
    }
}
