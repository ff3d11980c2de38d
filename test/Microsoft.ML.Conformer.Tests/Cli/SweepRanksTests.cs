using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`mpirun conformer sweep`: two processes that train a trial each.</summary>
[TestClass]
[DoNotParallelize] // it measures how soon all have ended
public sealed class SweepRanksTests
{
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(10);

    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Begin(TestContext _) => _program = new ConformerProgram();

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    public void EachTrialIsTrainedOnceTwoAtATimeAndTheBestOfThemIsTheResult()
    {
        var run = Mpirun.Command(["-n", "2", .. Sweep("out", maxModels: 3)]);

        var lines = string.Join('\n', run.Lines);
        Assert.AreEqual(0, run.ExitCode, lines);
        var trials = Trials("out");
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, trials.Select(trial => trial.Id).ToList());
        Assert.IsTrue(trials[0].Begin < trials[1].End && trials[1].Begin < trials[0].End, "the first two ran at once");
        Assert.IsTrue(trials[2].Begin >= trials[0].End && trials[2].Begin >= trials[1].End, "the third had to wait");
        Assert.AreEqual(3, run.Lines.Count(line => line.Contains(" finished ", StringComparison.Ordinal)), lines);
        var best = trials.MinBy(trial => trial.Loss)!.Id;
        Assert.AreEqual($"best-trial: {best}", run.Lines.Single(line => line.StartsWith("best-trial: ", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(
            File.ReadAllBytes(_program.File($"out/models/trial-{best}.onnx")), File.ReadAllBytes(_program.File("out/model.onnx")));
    }

    [TestMethod]
    public void ARankThatIsKilledEndsAllAndOneProcessGoesOnFromTheJournal()
    {
        var (journal, killed) = (_program.File("killed/trials.jsonl"), _program.File("killed.txt"));
        // When both trials of the first round are in the journal, below its first line, the rank is in the second one.
        var kill = $"(for i in $(seq 1000); do [ $(wc -l 2>&- < '{journal}' || echo 0) -ge 3 ] && break; sleep 0.1; done; " +
            $"touch '{killed}'; kill -9 $$) & exec \"$@\"";
        var run = Mpirun.Command([
            "-n", "1", .. Sweep("killed", maxModels: 1000), ":", "-n", "1", "sh", "-c", kill, "sh", .. Sweep("killed", maxModels: 1000)]);
        var ended = DateTime.UtcNow;

        var lines = string.Join('\n', run.Lines);
        Assert.AreNotEqual(0, run.ExitCode, lines);
        Assert.IsLessThan(_endLimit, ended - File.GetLastWriteTimeUtc(killed), lines);
        var trials = Trials("killed");
        Assert.IsGreaterThanOrEqualTo(2, trials.Count, lines);
        var (code, _, errors) = _program.Run(Arguments("killed", trials.Count));
        Assert.AreEqual(0, code, string.Join('\n', errors));
        CollectionAssert.Contains(errors, $"resumed: {trials.Count} trials of an earlier run");
        Assert.AreEqual(trials.Count, errors.Count(line => line.Contains("finished, recalled", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void WhatRankZeroFindsWrongIsToldOnce()
    {
        var run = Mpirun.Command(["-n", "2", .. Sweep("none", maxModels: 2), "--tuner", "smac"]);

        Assert.AreEqual(2, run.ExitCode, string.Join('\n', run.Lines));
        StringAssert.StartsWith(
            run.Lines.Single(line => line.StartsWith("error: ", StringComparison.Ordinal)), "error: --tuner: smac learns from each trial");
        Assert.IsFalse(Directory.Exists(_program.File("none")));
    }

    private static IEnumerable<string> Sweep(string output, int maxModels)
    {
        var start = _program.Start(Arguments(output, maxModels));
        return [start.FileName, .. start.ArgumentList];
    }

    /// <summary>On drawn images, whose network is small; with JSON, for which no line is written over again.</summary>
    private static string[] Arguments(string output, int maxModels) =>
    [
        "sweep", "--output", _program.File(output), "--max-models", $"{maxModels}", "--json", "--no-pruning",
        "--image-size", "32", "--batch-size", "128", "--epochs", "1", "--device", "cpu",
    ];

    private static List<Trial> Trials(string output) =>
    [
        .. File.ReadLines(_program.File($"{output}/trials.jsonl")).Skip(1).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(trial => (Trial: trial, Begin: trial.GetProperty("StartedAtUtc").GetDateTime())).Select(one => new Trial(
                one.Trial.GetProperty("Id").GetInt32(), one.Trial.GetProperty("Loss").GetDouble(), one.Begin,
                one.Begin + TimeSpan.FromSeconds(one.Trial.GetProperty("Seconds").GetDouble()))),
    ];

    private sealed record Trial(int Id, double Loss, DateTime Begin, DateTime End);
}
