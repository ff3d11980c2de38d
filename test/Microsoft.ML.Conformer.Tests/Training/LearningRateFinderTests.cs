using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed class LearningRateFinderTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(24));

    [LeakCheckedTestMethod]
    public void AHundredStepsOnThreeBatchesAnEpochGiveASuggestionThatTrains()
    {
        var options = ScoringModel.QuickTraining(epochs: 1);

        var curve = Trainer(options).FindLearningRate(_photos);

        Assert.IsTrue(curve.Points.Count > 50, $"{curve.Points.Count} points");
        Assert.AreEqual(1e-7, curve.Points[0].LearningRate, 1e-12);
        Assert.AreEqual(Math.Log(3), curve.Points[0].Loss, 0.5, "of a network that knows nothing of 3 classes");
        Assert.IsTrue(curve.Suggestion is > 1e-5 and < 0.1, $"{curve.Suggestion}");
    }

    [LeakCheckedTestMethod]
    public void TheSearchIsTheSameEachTimeAndLeavesTheTrainerAsItWas()
    {
        using var folder = new TemporaryFolder();
        var options = ScoringModel.QuickTraining(epochs: 1);
        (options.Checkpoints.Folder, options.Records.Folder) = (folder.File("checkpoints"), folder.File("records"));
        var (range, trainer) = (new LearningRateFinderOptions { Steps = 20 }, Trainer(options));

        var first = trainer.FindLearningRate(_photos, range);
        var second = trainer.FindLearningRate(_photos, range);

        CollectionAssert.AreEqual(first.Points.ToList(), second.Points.ToList());
        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.Path).Length);
        (options.Checkpoints.Folder, options.Records.Folder) = (null, null);
        CollectionAssert.AreEqual(Onnx(Trainer(options)), Onnx(Searched()));

        ConformerTrainer Searched()
        {
            var searched = Trainer(options);
            searched.FindLearningRate(_photos, range);
            return searched;
        }

        byte[] Onnx(ConformerTrainer fitted)
        {
            using var model = fitted.Fit(_photos);
            model.SaveAsOnnx(folder.File("model.onnx"));
            return File.ReadAllBytes(folder.File("model.onnx"));
        }
    }

    [LeakCheckedTestMethod]
    public void ATokenThatIsCanceledEndsIt()
    {
        using var source = new CancellationTokenSource();
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.CancellationToken = source.Token;
        var context = new MLContext(seed: 1);
        context.Log += (_, e) =>
        {
            if (e.RawMessage.StartsWith("Read 24 training images", StringComparison.Ordinal))
                source.Cancel();
        };

        Assert.ThrowsExactly<OperationCanceledException>(
            () => context.MulticlassClassification.Trainers.Conformer(options).FindLearningRate(_photos, new() { Steps = int.MaxValue }));
    }

    [TestMethod]
    public void FaultsOfOptionsAndColumnsComeFirst()
    {
        var trainer = Trainer(ScoringModel.QuickTraining(epochs: 1));

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => trainer.FindLearningRate(_photos, new() { Steps = 1 })).Message, "Steps is 1");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => trainer.FindLearningRate(_context.Data.LoadFromEnumerable(new[] { new { Label = "red" } })));
    }

    private static ConformerTrainer Trainer(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);
}
