using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Scoring;

[TestClass]
public sealed class ScoringOptionsTests
{
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos = Photo.Set(37);
    private static readonly IDataView _data = Photo.View(_context, _photos);
    private static readonly TemporaryFolder _folder = new();
    private static string _onnx = null!;
    private static List<float[]> _expected = null!;

    [ClassInitialize]
    public static void SaveModel(TestContext _)
    {
        using var model = ScoringModel.Create(_data);
        _onnx = _folder.File("model.onnx");
        model.SaveAsOnnx(_onnx);
        _expected = ScoringModel.Scores(model.Transform(_data));
    }

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void EveryFaultIsListedAtOnce()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.Model.LoadImageClassifier(_onnx, new ScoringOptions
        {
            ExecutionProvider = (ExecutionProvider)9,
            DeviceId = -1,
            IntraOpThreads = 0,
            MaxBatchSize = 0,
            BadImages = (BadImagePolicy)9,
            MaxImagePixels = 0,
        }, imageColumnName: "", scoreColumnName: "Same", predictedLabelColumnName: "Same"));

        foreach (var option in typeof(ScoringOptions).GetProperties().Where(property => property.PropertyType != typeof(bool)
            && property.PropertyType != typeof(bool?)))
            StringAssert.Contains(error.Message, option.Name);
        StringAssert.Contains(error.Message, "imageColumnName is empty");
        StringAssert.Contains(error.Message, "scoreColumnName and predictedLabelColumnName are all 'Same'");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(5)]
    [DataRow(1024)]
    public void TheBatchSizeLeavesTheScoresAsTheyAre(int size)
    {
        using var model = Load(new ScoringOptions { MaxBatchSize = size });

        Assert.IsTrue(ScoringModel.Difference(_expected, ScoringModel.Scores(model.Transform(_data))) < Rounding);
    }

    [TestMethod]
    public void ThreadsAndWarmUpLeaveTheScoresAsTheyAre()
    {
        using var model = Load(new ScoringOptions { IntraOpThreads = 1, WarmUp = true });

        Assert.IsTrue(ScoringModel.Difference(_expected, ScoringModel.Scores(model.Transform(_data))) < Rounding);
    }

    [TestMethod]
    public void ChangingTheOptionsLaterHasNoEffect()
    {
        var options = new ScoringOptions();
        using var model = Load(options);
        options.TestTimeFlip = true;
        options.MaxBatchSize = 0;

        Assert.IsTrue(ScoringModel.Difference(_expected, ScoringModel.Scores(model.Transform(_data))) < Rounding);
    }

    [TestMethod]
    public void WithTestTimeFlipAScoreIsTheMeanOfTheImagesAndItsMirrorImages()
    {
        using var plain = Load(new ScoringOptions());
        var mirrored = ScoringModel.Scores(plain.Transform(Photo.View(_context, _photos.Select(Mirror))));
        var expected = _expected.Zip(mirrored, (a, b) => a.Zip(b, (x, y) => (x + y) / 2).ToArray()).ToList();
        Assert.IsTrue(ScoringModel.Difference(_expected, mirrored) > 100 * Rounding, "the test network must tell left from right");

        using var model = Load(new ScoringOptions { TestTimeFlip = true });
        using var engine = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(
            model, new PredictionEngineOptions { OwnsTransformer = false });

        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(model.Transform(_data))) < Rounding);
        Assert.IsTrue(ScoringModel.Difference([expected[3]], [engine.Predict(_photos[3]).Score]) < Rounding);
    }

    [TestMethod]
    public void UnderTheSkipPolicyABadRowHasNaNScoresAndNoLabelAndTheOthersTheirOwn()
    {
        var photos = Photo.Set(37);
        foreach (var row in (int[])[0, 7, 15, 16, 36])
            photos[row].Image = null;
        using var model = Load(new ScoringOptions { BadImages = BadImagePolicy.Skip });

        var scored = model.Transform(Photo.View(_context, photos));
        var (scores, labels) = (ScoringModel.Scores(scored), scored.GetColumn<uint>("PredictedLabel").ToList());
        using var engine = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(
            model, new PredictionEngineOptions { OwnsTransformer = false });

        for (var row = 0; row < photos.Count; row++)
        {
            var single = engine.Predict(photos[row]);
            if (photos[row].Image is null)
            {
                Assert.IsTrue(scores[row].All(float.IsNaN) && single.Score.All(float.IsNaN), $"row {row}");
                Assert.AreEqual((0u, 0u), (labels[row], single.PredictedLabel));
                continue;
            }
            Assert.IsTrue(ScoringModel.Difference([_expected[row]], [scores[row]]) < Rounding, $"row {row}");
            Assert.IsTrue(ScoringModel.Difference([_expected[row]], [single.Score]) < Rounding, $"row {row}");
            Assert.AreEqual(labels[row], single.PredictedLabel);
        }
    }

    [TestMethod]
    public void SixtyFourCallersAtOnceGetTheScoresOfOne()
    {
        using var model = Load(new ScoringOptions());
        using var gate = new Barrier(64);
        var callers = Enumerable.Range(0, 64).Select(caller => OwnThread.Start(() =>
        {
            using var engine = _context.Model.CreatePredictionEngine<Photo, ScoreOnly>(
                model, new PredictionEngineOptions { OwnsTransformer = false });
            Assert.IsTrue(gate.SignalAndWait(Patience.Limit), "not all callers came");
            var largest = 0.0;
            for (var i = 0; i < 4; i++)
            {
                var row = (caller + 7 * i) % _photos.Count;
                largest = Math.Max(largest, ScoringModel.Difference([_expected[row]], [engine.Predict(_photos[row]).Score]));
            }
            return largest;
        })).ToArray();

        var differences = OwnThread.Results(callers);

        Assert.IsTrue(differences.All(difference => difference < Rounding), string.Join(" ", differences));
    }

    [TestMethod]
    [DataRow(ExecutionProvider.Cuda, "CUDAExecutionProvider")]
    [DataRow(ExecutionProvider.TensorRt, "TensorrtExecutionProvider")]
    public void AnAbsentExecutionProviderIsAnErrorAndNotTheCpu(ExecutionProvider provider, string name)
    {
        if (OrtEnv.Instance().GetAvailableProviders().Contains(name))
            Assert.Inconclusive($"This ONNX Runtime has {name}.");

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Load(new ScoringOptions { ExecutionProvider = provider }));

        StringAssert.Contains(error.Message, $"asks for {provider}");
        StringAssert.Contains(error.Message, name);
        StringAssert.Contains(error.Message, "Microsoft.ML.OnnxRuntime.Gpu");
    }

    [TestMethod]
    [DataRow(ExecutionProvider.Auto, null, null, ExecutionProvider.Cpu, 0)]
    [DataRow(ExecutionProvider.Auto, null, 1, ExecutionProvider.Cuda, 1)]
    [DataRow(ExecutionProvider.Auto, 2, 1, ExecutionProvider.Cuda, 2)]
    [DataRow(ExecutionProvider.Auto, 2, null, ExecutionProvider.Cuda, 2)]
    [DataRow(ExecutionProvider.Cpu, null, 1, ExecutionProvider.Cpu, 1)]
    [DataRow(ExecutionProvider.TensorRt, null, 1, ExecutionProvider.TensorRt, 1)]
    [DataRow(ExecutionProvider.Cuda, null, null, ExecutionProvider.Cuda, 0)]
    public void TheContextSaysWhatTheOptionsLeaveOpen(
        ExecutionProvider asked, int? deviceId, int? gpuDeviceId, ExecutionProvider provider, int device)
    {
        var options = new ScoringOptions { ExecutionProvider = asked, DeviceId = deviceId };

        Assert.AreEqual(
            (provider, device), ExecutionProviderSetup.Choose(options, new GpuPreference(gpuDeviceId, FallbackToCpu: false)));
    }

    [TestMethod]
    public void AContextsGpuThatCannotBeUsedIsAnErrorUnlessItFallsBackToTheCpu()
    {
        if (OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"))
            Assert.Inconclusive("This ONNX Runtime has CUDAExecutionProvider.");
        var context = new MLContext { GpuDeviceId = 1 };
        List<string> log = [];
        context.Log += (_, e) => log.Add(e.RawMessage);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => context.Model.LoadImageClassifier(_onnx));
        StringAssert.Contains(error.Message, "MLContext.GpuDeviceId asks for Cuda");
        StringAssert.Contains(error.Message, "on GPU 1");

        context.FallbackToCpu = true;
        using var model = context.Model.LoadImageClassifier(_onnx);
        Assert.IsTrue(ScoringModel.Difference(_expected, ScoringModel.Scores(model.Transform(_data))) < Rounding);
        Assert.IsTrue(log.Exists(line => line.Contains("FallbackToCpu is true")), string.Join("\n", log));
        CollectionAssert.Contains(log, "Scoring on the CPU.");
        Assert.ThrowsExactly<InvalidOperationException>(() =>
            context.Model.LoadImageClassifier(_onnx, new ScoringOptions { ExecutionProvider = ExecutionProvider.Cuda }));
    }

    [TestMethod]
    public void ThePresentCudaProviderGivesTheScoresOfTheCpu()
    {
        if (!OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider") || !File.Exists("/dev/nvidia0"))
            Assert.Inconclusive("There is no CUDA execution provider or no GPU.");
        using var model = Load(new ScoringOptions { ExecutionProvider = ExecutionProvider.Cuda, WarmUp = true });

        Assert.IsTrue(ScoringModel.Difference(_expected, ScoringModel.Scores(model.Transform(_data))) < 1e-3);
    }

    private static ImageClassifierTransformer Load(ScoringOptions options) => _context.Model.LoadImageClassifier(_onnx, options);

    private static Photo Mirror(Photo photo)
    {
        var image = photo.Image!;
        var rows = image.Pixels.ToArray().Chunk(4).Chunk(image.Width);
        var pixels = rows.SelectMany(row => row.Reverse()).SelectMany(pixel => pixel).ToArray();
        return new Photo
        {
            Image = MLImage.CreateFromPixels(image.Width, image.Height, image.PixelFormat, pixels),
            Label = photo.Label,
            Number = photo.Number,
        };
    }

    private sealed class ScoreOnly
    {
        public float[] Score { get; set; } = [];

        [KeyType(3)]
        public uint PredictedLabel { get; set; }
    }
}
