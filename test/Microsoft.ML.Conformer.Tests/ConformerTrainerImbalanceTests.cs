using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>Training and validation with classes of which some are rare.</summary>
[TestClass]
public sealed class ConformerTrainerImbalanceTests
{
    /// <summary>16 photos of blue, 5 of green and 3 of red.</summary>
    private static readonly List<Photo> _rare =
        [.. new[] { ("blue", 16), ("green", 5), ("red", 3) }
            .SelectMany(of => Photo.Set(48).Where(photo => photo.Label == of.Item1).Take(of.Item2))];

    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _log = [];

    public ConformerTrainerImbalanceTests() => _context.Log += (_, e) => _log.Add(e.RawMessage);

    [TestMethod]
    [DataRow(ValidationMetric.MacroAccuracy)]
    [DataRow(ValidationMetric.Loss)]
    public void TheBestEpochIsThatOfTheMetricAndMlNetsFiguresAreThoseOfItsValidation(ValidationMetric metric)
    {
        var ends = new List<TrainingProgress>();
        var options = ScoringModel.QuickTraining(epochs: 4);
        var validation = Photo.View(_context, Photo.Set(36, seed: 2).Where(p => p.Label == "blue" || (p.Label == "red" && p.Number < 10)));
        (options.Validation.Data, options.Validation.BestBy) = (validation, metric);
        options.Progress = new Ends(ends.Add);

        using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(Photo.View(_context, _rare));

        var best = ends[model.Summary!.BestEpoch - 1];
        Assert.AreEqual(
            metric == ValidationMetric.Loss ? ends.Min(end => end.ValidationLoss) : ends.Max(end => end.ValidationMacroAccuracy),
            metric == ValidationMetric.Loss ? best.ValidationLoss : best.ValidationMacroAccuracy);
        var figures = _context.MulticlassClassification.Evaluate(model.Transform(validation));
        Assert.AreEqual(figures.MacroAccuracy, best.ValidationMacroAccuracy!.Value, 1e-9);
        Assert.AreEqual(figures.MicroAccuracy, best.ValidationAccuracy!.Value, 1e-9);
        Assert.AreEqual(figures.LogLoss, best.ValidationLoss!.Value, 1e-4);
        Assert.AreNotEqual(figures.MacroAccuracy, figures.MicroAccuracy, 1e-3, "there is something to tell apart");
        Assert.IsTrue(_log.Exists(line => line.Contains($"macro {best.ValidationMacroAccuracy:0.0000}")), string.Join("\n", _log));
    }

    [TestMethod]
    [DataRow(ClassBalance.Weights, "An image's loss counts by its class: ")]
    [DataRow(ClassBalance.Sampler, "An epoch shows each class equally often: ")]
    public void BalanceChangesTheModelAndIsLogged(ClassBalance balance, string beginning)
    {
        var plain = Onnx(ClassBalance.None);
        Assert.IsFalse(_log.Exists(line => line.Contains("one of '")));

        CollectionAssert.AreNotEqual(plain, Onnx(balance));

        CollectionAssert.Contains(_log, beginning + "'red' (3 images) 2.667, 'blue' (16 images) 0.5.");
    }

    [TestMethod]
    public void TrainingThatBecomesNoBetterEndsAndTheLogSaysWhy()
    {
        var options = ScoringModel.QuickTraining(epochs: 50);
        options.Validation.Data = Photo.View(_context, _rare);
        (options.Validation.BestBy, options.Validation.Patience) = (ValidationMetric.MacroAccuracy, 1);
        options.LearningRate = 0.1; // too high to become better for long

        using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(Photo.View(_context, _rare));

        var (epochs, best) = (model.Summary!.ValidationAccuracies.Count, model.Summary.BestEpoch);
        Assert.AreEqual((TrainingEnd.StoppedEarly, epochs - 1), (model.Summary.End, best));
        CollectionAssert.Contains(
            _log, $"Training ended after epoch {epochs} of 50: by MacroAccuracy none since epoch {best} was better, and Patience is 1.");
    }

    private byte[] Onnx(ClassBalance balance)
    {
        using var folder = new TemporaryFolder();
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.ClassBalance = balance;
        using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(Photo.View(_context, _rare));
        model.SaveAsOnnx(folder.File("model.onnx"));
        return File.ReadAllBytes(folder.File("model.onnx"));
    }

    /// <summary>Unlike Progress{T}, which reports on other threads and later.</summary>
    private sealed class Ends(Action<TrainingProgress> then) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.EpochEnded)
                then(value);
        }
    }
}
