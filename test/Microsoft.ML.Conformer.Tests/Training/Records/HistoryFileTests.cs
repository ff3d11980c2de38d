using System.Globalization;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Records;

namespace Microsoft.ML.Conformer.Tests.Training.Records;

[TestClass]
public sealed class HistoryFileTests
{
    private const string Header =
        "epoch,step,loss,learning_rate,images_per_second,elapsed_seconds,validation_accuracy,validation_loss,is_best," +
        "validation_macro_accuracy";

    [LeakCheckedTestMethod]
    public void EachEpochIsALineThatIsThereWhileTheRunGoesOn()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            using var history = new HistoryFile(folder.File("history.csv"), ClassificationFigures.Names);
            run.Tell(history, epoch: 1, step: 1);
            CollectionAssert.AreEqual(new[] { Header }, Lines(folder));
            run.End(history, epoch: 1, new ClassificationFigures(0.75, 0.5) { MacroAccuracy = 0.625 });
            run.End(history, epoch: 2);

            CollectionAssert.AreEqual(
                new[] { Header, "1,10,1.5,5E-05,12.5,90.25,0.75,0.5,true,0.625", "2,20,0.75,5E-05,12.5,180.5,,,false," }, Lines(folder));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void APipeIsNotWaitedFor()
    {
        using var folder = new TemporaryFolder();
        SpecialFile.Pipe(folder.File("history.csv"));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => new HistoryFile(folder.File("history.csv"), []));
        StringAssert.Contains(error.Message, $"'{folder.File("history.csv")}' is a pipe");
    }

    [LeakCheckedTestMethod]
    [DataRow(1, "", DisplayName = "a new run replaces all")]
    [DataRow(2, "1,a\n", DisplayName = "a resumed run replaces what it does again")]
    [DataRow(3, "1,a\n2,b\n", DisplayName = "and keeps what it does not")]
    [DataRow(9, "1,a\n2,b\n3,c\n", DisplayName = "but no line that was cut off")]
    public void TheLinesOfEarlierEpochsAreKept(int first, string kept)
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        File.WriteAllText(folder.File("history.csv"), $"{Header}\n1,a\n2,b\n3,c\n4");

        using (var history = new HistoryFile(folder.File("history.csv"), ClassificationFigures.Names))
            run.End(history, first);

        var text = File.ReadAllText(folder.File("history.csv"));
        StringAssert.StartsWith(text, $"{Header}\n{kept}{first},{first * 10},");
        Assert.AreEqual(kept.Count(c => c == '\n') + 2, text.Count(c => c == '\n'));
    }

    [LeakCheckedTestMethod]
    public void AFileWithOtherColumnsIsReplaced()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        File.WriteAllText(folder.File("history.csv"), "epoch,accuracy\n1,0.5\n");

        using (var history = new HistoryFile(folder.File("history.csv"), ClassificationFigures.Names))
            run.Tell(history, epoch: 2, step: 1);

        CollectionAssert.AreEqual(new[] { Header }, Lines(folder));
    }

    private static string[] Lines(TemporaryFolder folder)
    {
        using var file = new FileStream(folder.File("history.csv"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n')[..^1];
    }
}
