using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class ConformerTrialRunnerTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly FakeTraining.Settings _good = new() { Accuracy = 0.9 }, _bad = new() { Accuracy = 0.2 };

    [TestMethod]
    public async Task AWorseTrialIsPrunedAndNeverTheBest()
    {
        var lab = new Lab();
        var best = await lab.Run([_good, _bad, _good with { Accuracy = 0.95 }]);

        CollectionAssert.AreEqual(new[] { "0 Finished 9", "1 Pruned 3", "2 Finished 9" }, lab.Completed.Select(Describe).ToList());
        Assert.AreEqual(0.95, best.Metric, 1e-9);
        Assert.AreEqual(2, best.TrialSettings.TrialId);
        Assert.IsNotNull(best.Model);
        var pruned = lab.Completed[1];
        Assert.AreEqual(0.2 * 3 / 9, pruned.Metric, 1e-9);
        Assert.IsTrue(pruned.Loss > lab.Completed[0].Loss && double.IsFinite(pruned.Loss));
        Assert.IsNull(pruned.Model);
    }

    [TestMethod]
    public async Task WithoutPruningEachTrialFinishes()
    {
        var lab = new Lab { Options = new() { Pruning = null } };
        await lab.Run([_good, _bad]);
        CollectionAssert.AreEqual(new[] { "0 Finished 9", "1 Finished 9" }, lab.Completed.Select(Describe).ToList());
    }

    [TestMethod]
    public async Task AFailingTrialIsRecordedAndTheSweepGoesOn()
    {
        using var folder = new TemporaryFolder();
        using var journal = Journal(folder);
        var lab = new Lab { Options = new() { Journal = journal } };
        var failing = _good with { Failure = new InvalidOperationException("training diverged") };

        var best = await lab.Run([failing, _good, failing, _good with { Accuracy = 1 }]);

        Assert.AreEqual(1.0, best.Metric);
        CollectionAssert.AreEqual(new[] { 0, 2 }, lab.Failed.Select(failed => failed.Settings.TrialId).ToList());
        var exception = Assert.IsInstanceOfType<TrialFailedException>(lab.Failed[0].Exception);
        Assert.AreEqual("training diverged", exception.InnerException!.Message);
        var record = journal.Records[0];
        Assert.AreEqual(TrialOutcome.Failed, record.Outcome);
        Assert.AreEqual("InvalidOperationException: training diverged", record.Error);
    }

    [TestMethod]
    public async Task AThirdFailureWithNothingElseEndsTheExperiment()
    {
        var lab = new Lab();
        var failing = _good with { Failure = new InvalidOperationException("no such column") };
        var exception = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => lab.Run([failing, failing, failing, _good]));
        Assert.AreEqual("no such column", exception.Message);
        Assert.AreEqual(3, lab.Failed.Count);
    }

    [TestMethod]
    public async Task ATimeBudgetBelowATrialGivesTheBestEpochWhereThatIsAskedFor()
    {
        var lab = new Lab();
        var endless = _good with { Epochs = 100_000, EpochTime = TimeSpan.FromMilliseconds(20), ReturnsBest = true };

        var best = await lab.Run([endless], seconds: 1);

        Assert.IsNotNull(best.Model);
        Assert.AreEqual(0.9, best.Metric, 1e-9);
        Assert.IsTrue(((ConformerTrialResult)best).EpochsTrained is > 0 and < 100_000);
    }

    [TestMethod]
    public async Task ATrialThatTheOptionsTokenEndsGivesItsBestEpochAndIsNotInTheJournal()
    {
        using var folder = new TemporaryFolder();
        using var journal = Journal(folder);
        using var end = new CancellationTokenSource();
        var lab = new Lab { Options = new() { Journal = journal } };
        var endless = _good with
        {
            Epochs = 100_000,
            EpochTime = TimeSpan.FromMilliseconds(1),
            ReturnsBest = true,
            End = end.Token,
            Started = () => end.CancelAfter(200),
        };

        var best = (ConformerTrialResult)await lab.Run([endless]);

        Assert.IsTrue(best.IsCutShort && best.EpochsTrained < best.Epochs, $"{best.EpochsTrained} of {best.Epochs}");
        Assert.AreEqual(100_000, best.Epochs);
        Assert.IsNotNull(best.Model);
        Assert.IsEmpty(journal.Records);
    }

    [TestMethod]
    public async Task ATrialThatTheOptionsTokenEndsBeforeAnEpochHasNoResultAndHasNotFailed()
    {
        using var folder = new TemporaryFolder();
        using var journal = Journal(folder);
        using var end = new CancellationTokenSource();
        var lab = new Lab { Options = new() { Journal = journal } };

        await Assert.ThrowsExactlyAsync<TimeoutException>(() => lab.Run(
            [_good with { ReturnsBest = true, End = end.Token, Started = end.Cancel }], cancellation: end.Token));

        Assert.IsEmpty(journal.Records);
        Assert.IsEmpty(lab.Failed);
    }

    [TestMethod]
    public async Task APrunedTrialIsPrunedAlsoWhereItGivesItsBestEpoch()
    {
        var lab = new Lab();
        var best = await lab.Run([_good with { ReturnsBest = true }, _bad with { ReturnsBest = true }]);

        CollectionAssert.AreEqual(new[] { "0 Finished 9", "1 Pruned 3" }, lab.Completed.Select(Describe).ToList());
        Assert.AreEqual(0, best.TrialSettings.TrialId);
    }

    [TestMethod]
    public async Task ATimeBudgetEndsWithTheBestFinishedTrialEvenIfTrainingDoesNotStop()
    {
        using var folder = new TemporaryFolder();
        using var journal = Journal(folder);
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var lab = new Lab { Options = new() { Journal = journal } };
        var stubborn = _good with { Epochs = 1, IgnoresCancellation = true, Started = () => { started.Set(); release.Wait(); } };

        var best = await lab.Run([_good, stubborn], seconds: 1);

        Assert.IsTrue(started.IsSet);
        Assert.AreEqual(0, best.TrialSettings.TrialId);
        Assert.AreEqual(1, journal.Records.Count);
        Assert.IsFalse(lab.Runner!.WhenIdle.IsCompleted);
        release.Set();
        await lab.Runner.WhenIdle.WaitAsync(_patience);
    }

    [TestMethod]
    public async Task CancellationEndsWithTheBestSoFar()
    {
        using var cancellation = new CancellationTokenSource();
        var lab = new Lab();
        var slow = _good with { Epochs = 1000, EpochTime = TimeSpan.FromMilliseconds(10), Started = cancellation.Cancel };
        var best = await lab.Run([_good, slow], cancellation: cancellation.Token);
        Assert.AreEqual(0, best.TrialSettings.TrialId);
        await lab.Runner!.WhenIdle.WaitAsync(_patience);
    }

    [TestMethod]
    public async Task AnInterruptedExperimentGoesOnFromItsTrials()
    {
        using var folder = new TemporaryFolder();
        var (failing, better) = (_good with { Failure = new IOException("lost") }, _good with { Accuracy = 0.95 });
        FakeTraining.Settings[] trials = [_good, _bad, failing, better, _bad];
        List<TrialRecord> whole;
        using (var journal = Journal(folder, "whole"))
        {
            await new Lab { Options = new() { Journal = journal } }.Run(trials);
            whole = [.. journal.Records];
        }
        using (var journal = Journal(folder))
            await new Lab { Options = new() { Journal = journal } }.Run(trials[..3]);

        using var resumed = Journal(folder);
        var trained = 0;
        var lab = new Lab { Options = new() { Journal = resumed } };
        var best = await lab.Run([.. trials.Select(trial => trial with { Started = () => trained++ })]);

        Assert.AreEqual(2, trained);
        CollectionAssert.AreEqual(new[] { true, true, false, false }, lab.Completed.Select(result => result.IsRecalled).ToList());
        CollectionAssert.AreEqual(
            whole.Select(record => $"{record.Id} {record.Outcome} {record.Metric}").ToList(),
            resumed.Records.Select(record => $"{record.Id} {record.Outcome} {record.Metric}").ToList());
        Assert.AreEqual(3, best.TrialSettings.TrialId);
    }

    [TestMethod]
    public async Task TheCallerGetsEachBestBeforeTheJournalHasIt()
    {
        using var folder = new TemporaryFolder();
        using var journal = Journal(folder);
        var found = new List<string>();
        var lab = new Lab
        {
            Options = new()
            {
                Journal = journal,
                Pruning = null,
                BestFound = result => found.Add($"{result.TrialSettings.TrialId} {result.Model is not null} {journal.Records.Count}"),
            },
        };
        await lab.Run([_good, _bad, _good with { Accuracy = 0.95 }]);
        CollectionAssert.AreEqual(new[] { "0 True 0", "2 True 2" }, found);
        Assert.IsNull(lab.Completed[1].Model);
    }

    private static TrialJournal Journal(TemporaryFolder folder, string name = "trials") =>
        TrialJournal.Open(folder.File($"{name}.jsonl"), new Dictionary<string, string>());

    private static string Describe(ConformerTrialResult result) =>
        $"{result.TrialSettings.TrialId} {result.Outcome} {result.EpochsTrained}";

    /// <summary>An experiment whose n-th trial does what the n-th setting says.</summary>
    private sealed class Lab : IMonitor, ITuner
    {
        private int _proposed;

        public ConformerTrialOptions Options { get; init; } = new();

        public ConformerTrialRunner? Runner { get; private set; }

        public List<ConformerTrialResult> Completed { get; } = [];

        public List<(TrialSettings Settings, Exception? Exception)> Failed { get; } = [];

        public Task<TrialResult> Run(FakeTraining.Settings[] trials, uint? seconds = null, CancellationToken cancellation = default)
        {
            var mlContext = new MLContext(0);
            var rows = FakeRows.Load(mlContext);
            var space = new SearchSpace.SearchSpace { ["Trial"] = new UniformIntOption(0, 1000) };
            var training = new SweepableEstimator(
                (context, parameter) => new FakeTraining(context, trials[parameter["Trial"].AsType<int>()]), space);
            var pipeline = mlContext.Transforms.CopyColumns("Copy", "Index").Append(training);
            Runner = new ConformerTrialRunner(mlContext, pipeline, rows, rows, Options);
            var experiment = mlContext.Auto().CreateExperiment()
                .SetPipeline(pipeline).SetTuner(this).SetMonitor(this).SetTrialRunner(Runner);
            if (seconds is { } time)
                experiment.SetTrainingTimeInSeconds(time);
            return experiment.SetMaxModelToExplore(trials.Length).RunAsync(cancellation).WaitAsync(_patience);
        }

        public Parameter Propose(TrialSettings settings) => Parameter.CreateNestedParameter(KeyValuePair.Create(
            "_pipeline_",
            Parameter.CreateNestedParameter(
                KeyValuePair.Create("_SCHEMA_", Parameter.FromString("e0 * e1")),
                KeyValuePair.Create("e0", Parameter.CreateNestedParameter()),
                KeyValuePair.Create("e1", Parameter.CreateNestedParameter(KeyValuePair.Create("Trial", Parameter.FromInt(_proposed++)))))));

        public void Update(TrialResult result)
        {
        }

        public void ReportRunningTrial(TrialSettings settings)
        {
        }

        public void ReportCompletedTrial(TrialResult result) => Completed.Add((ConformerTrialResult)result);

        public void ReportBestTrial(TrialResult result)
        {
        }

        public void ReportFailTrial(TrialSettings settings, Exception? exception = null) => Failed.Add((settings, exception));
    }
}
