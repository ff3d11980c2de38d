using Conformer.Cli.Sweeping.Report;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
[DoNotParallelize] // the console is everybody's
public sealed class SweepFoldersTests
{
    [TestMethod]
    [DataRow("results")]
    [DataRow("results/models")]
    public async Task AnOutputFolderThatCannotBeUsedIsAWrongArgumentAndNothingIsRead(string taken)
    {
        using var folder = new TemporaryFolder();
        if (taken.Contains('/'))
            Directory.CreateDirectory(folder.File("results"));
        File.WriteAllText(folder.File(taken), "");
        Directory.CreateDirectory(folder.File("photos")); // whoever read it would find no classes
        var (before, errors) = (Console.Error, new StringWriter());
        Console.SetError(errors);
        int code;
        try
        {
            string[] arguments = ["sweep", folder.File("photos"), "--output", folder.File("results")];
            code = await Task.Run(() => (int)typeof(TrialsCsv).Assembly.EntryPoint!.Invoke(null, [arguments])!);
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.AreEqual(2, code, errors.ToString());
        StringAssert.Contains(errors.ToString(), $"'{folder.File(taken)}'");
        StringAssert.Contains(errors.ToString(), "--output");
        Assert.AreEqual(1, errors.ToString().Count('\n'.Equals), errors.ToString());
    }
}
