using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Records;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Training.Records;

[TestClass]
public sealed class TrainingRecordsTests
{
    private static readonly MLContext _context = new(seed: 1);

    [LeakCheckedTestMethod]
    public void FitRecordsWhatItReports()
    {
        using var folder = new TemporaryFolder();
        var reports = new List<TrainingProgress>();
        var options = ScoringModel.QuickTraining(epochs: 2);
        options.Validation.Data = Photo.View(_context, Photo.Set(6, seed: 2));
        options.Records.Folder = folder.File("new", "records");
        options.Progress = new Told(reports.Add);

        using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(Photo.View(_context, Photo.Set(24)));

        var ends = reports.Where(report => report.EpochEnded).ToList();
        CollectionAssert.AreEqual(
            ends.Select(end => FormattableString.Invariant(
                $"{end.Epoch},{end.Epoch * 3},{end.Loss},{end.LearningRate},{end.ImagesPerSecond},{end.Elapsed.TotalSeconds},") +
                FormattableString.Invariant($"{end.ValidationAccuracy},{end.ValidationLoss},{(end.IsBest ? "true" : "false")},") +
                FormattableString.Invariant($"{end.ValidationMacroAccuracy}")).ToList(),
            File.ReadAllLines(folder.File("new", "records", "history.csv"))[1..]);
        var events = EventFile.ReadOnly(folder.File("new", "records", "tensorboard"));
        CollectionAssert.AreEqual(
            ends.Select(end => (end.Epoch * 3L, (float)end.ValidationLoss!)).ToList(),
            events["validation/loss"].Select(e => (e.Step, e.Value.SimpleValue)).ToList());
        CollectionAssert.AreEqual(new[] { 1L, 4 }, events["train/augmented images"].Select(e => e.Step).ToArray());
        CollectionAssert.AreEqual(new[] { 3L, 6 }, events["validation/confusion"].Select(e => e.Step).ToArray());
        CollectionAssert.IsSubsetOf(new[] { 1L, 3, 4, 6 }, events["train/loss"].Select(e => e.Step).ToArray());
        Assert.IsFalse(events.Any(e => e.Key.StartsWith("weights/", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void AResumedRunGoesOnWithTheHistory()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var options = ScoringModel.QuickTraining(epochs: 3);
        (options.Checkpoints.Folder, options.Records.Folder) = (folder.File("checkpoints"), folder.File("records"));
        (options.Records.TensorBoard, options.CancellationToken) = (false, source.Token);
        options.Progress = new Told(report =>
        {
            if (report is { Epoch: 2, EpochEnded: true })
                source.Cancel();
        });
        var photos = Photo.View(_context, Photo.Set(24));
        Assert.ThrowsExactly<OperationCanceledException>(
            () => _context.MulticlassClassification.Trainers.Conformer(options).Fit(photos));
        var before = File.ReadAllLines(folder.File("records", "history.csv"));

        (options.CancellationToken, options.Checkpoints.Resume) = (default, true);
        using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(photos);

        var after = File.ReadAllLines(folder.File("records", "history.csv"));
        Assert.AreEqual(1 + 3, after.Length);
        CollectionAssert.AreEqual(before, after[..^1]);
        StringAssert.StartsWith(after[^1], "3,9,");
        Assert.IsFalse(Directory.Exists(folder.File("records", "tensorboard")));
    }

    [LeakCheckedTestMethod]
    [DataRow("")]
    [DataRow("sub")]
    public void AFolderThatCannotBeUsedIsAnErrorThatNamesItAndTheOption(string below)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");

        var error = Assert.ThrowsExactly<IOException>(() => Open(folder.File("file", below)));

        StringAssert.Contains(error.Message, folder.File("file"));
        StringAssert.Contains(error.Message, "Records.Folder");
    }

    [LeakCheckedTestMethod]
    public void ARecordThatCanNoLongerBeWrittenEndsWithOneWarningAndTheOthersGoOn()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        var warnings = new List<string>();
        var records = Open(folder.Path, warnings.Add);
        Directory.Delete(folder.File("tensorboard"), recursive: true);

        foreach (var epoch in new[] { 1, 2 })
            foreach (var record in records)
                run.End(record, epoch);
        foreach (var record in records)
            record.Dispose();

        Assert.AreEqual(1, warnings.Count);
        StringAssert.Contains(warnings[0], folder.Path);
        Assert.AreEqual(1 + 2, File.ReadAllLines(folder.File("history.csv")).Length);
    }

    [TestMethod]
    public void WithoutAFolderThereAreNone() => Assert.AreEqual(0, Open(null).Count);

    [TestMethod]
    public void OptionsOutOfRangeAreReported()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.Trainers.Conformer(
            new ConformerTrainer.Options { Records = { Folder = " ", AugmentedImages = 65 } }));

        StringAssert.Contains(error.Message, "Records.Folder is empty");
        StringAssert.Contains(error.Message, "Records.AugmentedImages is 65; it must be 0-64.");
    }

    private static IReadOnlyList<ITrainingRecord> Open(string? folder, Action<string>? warn = null) =>
        TrainingRecords.Open(
            new() { Folder = folder }, [], new ImagePreprocessing(), confusion: null, torch.CPU, warn ?? (_ => { }));

    /// <summary>Unlike Progress{T}, which reports on other threads and later.</summary>
    private sealed class Told(Action<TrainingProgress> then) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => then(value);
    }
}
