using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class TrialJournalTests
{
    private static readonly Dictionary<string, string> _experiment = new() { ["seed"] = "1", ["data"] = "photos" };

    [TestMethod]
    public void GivesBackWhatWasAppended()
    {
        using var folder = new TemporaryFolder();
        var trial = Trial(0, 0.25) with
        {
            Curve = [new EpochFigures(0.5, 1.25), new EpochFigures(0.75, double.NaN)],
            Epochs = 2,
            Seconds = 1.5,
            StartedAtUtc = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc),
            Error = "an \"error\"\nof two lines",
        };
        using (var journal = Open(folder))
            journal.Append(trial);

        using var again = Open(folder);
        var read = again.Records.Single();
        CollectionAssert.AreEqual(trial.Curve.ToList(), read.Curve.ToList());
        Assert.AreEqual(trial with { Curve = read.Curve }, read);
    }

    [TestMethod]
    public void DropsALastLineThatWasNotWrittenToItsEnd()
    {
        using var folder = new TemporaryFolder();
        using (var journal = Open(folder))
            journal.Append(Trial(0, 0.25));
        File.AppendAllText(folder.File("trials.jsonl"), "{\"Id\":1,\"Outcome\":\"Fini");

        using (var journal = Open(folder))
        {
            Assert.AreEqual(1, journal.Records.Count);
            journal.Append(Trial(1, 0.5));
        }
        using var again = Open(folder);
        CollectionAssert.AreEqual(new[] { 0, 1 }, again.Records.Select(trial => trial.Id).ToList());
    }

    [TestMethod]
    public void RefusesAnotherExperimentAndSaysWhatDiffers()
    {
        using var folder = new TemporaryFolder();
        Open(folder).Dispose();
        var other = new Dictionary<string, string> { ["seed"] = "2", ["data"] = "photos" };
        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => TrialJournal.Open(folder.File("trials.jsonl"), other));
        StringAssert.Contains(exception.Message, "seed was 1 and is 2");
        Assert.IsFalse(exception.Message.Contains("photos", StringComparison.Ordinal), exception.Message);
    }

    [TestMethod]
    public void RefusesAFileThatIsNoJournal()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("trials.jsonl"), "trial,metric\n");
        var exception = Assert.ThrowsExactly<InvalidDataException>(() => Open(folder));
        StringAssert.Contains(exception.Message, "line 1");
    }

    [TestMethod]
    [DataRow("{\"seed\": \"1\", \"data\": \"NAME\"}", DisplayName = "value of another experiment")]
    [DataRow("{\"seed\": \"1\", \"data\": \"photos\", \"NAME\": \"1\"}", DisplayName = "key of another experiment")]
    [DataRow("{\"seed\": \"1\", \"data\": \"photos\"}\n{\"Outcome\": \"NAME\"}", DisplayName = "outcome")]
    [DataRow("{\"NAME\": 1}", DisplayName = "no text")]
    public void WhatAFileSaysIsShownWithoutControlsAndWithinABound(string lines)
    {
        foreach (var name in (string[])["\\u001b[2J\\u202ered\\nforged", new string('w', 100_000)])
        {
            using var folder = new TemporaryFolder();
            File.WriteAllText(folder.File("trials.jsonl"), lines.Replace("NAME", name, StringComparison.Ordinal) + "\n");
            var exception = Assert.Throws<Exception>(() => Open(folder));
            for (var cause = exception; cause is not null; cause = cause.InnerException)
            {
                Assert.IsFalse(cause.Message.Any(c => char.IsControl(c) || c == '\u202E'), cause.Message);
                Assert.IsTrue(cause.Message.Length < 2000, $"{cause.Message.Length} characters");
            }
        }
    }

    [TestMethod]
    [DataRow("""{"Id":-1,"Outcome":"Finished","Parameter":{},"Loss":1}""", "Id is -1")]
    [DataRow("""{"Id":0,"Outcome":"Finished","Parameter":{}}""", "Loss is absent, and Outcome is Finished")]
    [DataRow("""{"Id":0,"Outcome":7,"Parameter":{},"Loss":1}""", "Outcome is 7")]
    [DataRow("""{"Id":0,"Outcome":"Finished","Parameter":null,"Loss":1}""", "Parameter")]
    [DataRow("""{"Id":0,"Outcome":"Finished","Parameter":{},"Loss":1,"Epochs":-2}""", "Epochs is -2")]
    [DataRow("""{"Id":0,"Outcome":"Finished","Parameter":{},"Loss":1,"Seconds":"NaN"}""", "Seconds is NaN")]
    [DataRow("""{"Id":0,"Outcome":"Finished","Parameter":{},"Loss":1,"Curve":null}""", "Curve")]
    [DataRow("""{"Id":0,"Outcome":"Finished","Parameter":{},"Loss":1,"Curve":[null]}""", "Curve has a point that is null")]
    [DataRow("deep", "line 2, is not a journal's")]
    [DataRow("long", "it has 5000000 bytes; expected at most 4194304")]
    public void ALineThatIsNoTrialIsNamedWithItsFaultAndTheFileStays(string line, string fault)
    {
        using var folder = new TemporaryFolder();
        Open(folder).Dispose();
        File.AppendAllText(folder.File("trials.jsonl"), line switch
        {
            "deep" => $$"""{"Id":0,"Outcome":"Finished","Parameter":{{new string('[', 100_000)}}""",
            "long" => new string(' ', 5_000_000),
            _ => line,
        } + "\nunfinished");
        var before = File.ReadAllBytes(folder.File("trials.jsonl"));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Open(folder));

        StringAssert.Contains(error.Message, $"'{folder.File("trials.jsonl")}', line 2");
        StringAssert.Contains(error.Message, fault);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(folder.File("trials.jsonl")));
    }

    [TestMethod]
    public void WhatIsNoJournalAtAllIsRefusedUnread()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("trials.jsonl"), "a photo");
        Assert.ThrowsExactly<InvalidDataException>(() => Open(folder));
        Assert.AreEqual("a photo", File.ReadAllText(folder.File("trials.jsonl")));

        using (var sparse = File.Create(folder.File("trials.jsonl")))
            sparse.SetLength(1L << 30);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Open(folder)).Message, "has 1073741824 bytes");

        Directory.CreateDirectory(folder.File("folder"));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => TrialJournal.Open(folder.File("folder"), _experiment)).Message, "is a folder");
    }

    [TestMethod]
    public void TheBestIsTheFinishedTrialWithTheLeastLoss()
    {
        using var folder = new TemporaryFolder();
        using var journal = Open(folder);
        Assert.IsNull(journal.Best);
        journal.Append(Trial(0, -0.25));
        journal.Append(Trial(1, -0.75));
        journal.Append(Trial(2, -0.75));
        journal.Append(Trial(3, double.NaN));
        journal.Append(Trial(4, -2) with { Outcome = TrialOutcome.Pruned });
        journal.Append(Trial(5, 0) with { Outcome = TrialOutcome.Failed, Metric = null, Loss = null });
        Assert.AreEqual(1, journal.Best!.Id);
    }

    [TestMethod]
    public void RecallsEachEarlierTrialOnceAndNoneOfThisRun()
    {
        using var folder = new TemporaryFolder();
        using (var journal = Open(folder))
        {
            journal.Append(Trial(0, 1));
            Assert.IsNull(journal.Recall(Trial(0, 1).Parameter));
        }
        using var again = Open(folder);
        Assert.AreEqual(0, again.Recall(Trial(0, 1).Parameter)!.Id);
        Assert.IsNull(again.Recall(Trial(0, 1).Parameter));
        Assert.AreEqual(1, again.FreeId(0));
        Assert.AreEqual(7, again.FreeId(7));
    }

    private static TrialJournal Open(TemporaryFolder folder) => TrialJournal.Open(folder.File("trials.jsonl"), _experiment);

    private static TrialRecord Trial(int id, double loss) => new()
    {
        Id = id,
        Outcome = TrialOutcome.Finished,
        Parameter = Parameter.CreateNestedParameter(
            KeyValuePair.Create("LearningRate", Parameter.FromDouble(0.1 + 0.2)),
            KeyValuePair.Create("Epochs", Parameter.FromInt(10 + id))),
        Metric = -loss,
        Loss = loss,
    };
}
