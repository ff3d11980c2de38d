namespace WebScoring.Tests;

/// <summary>The program as it is started.</summary>
[TestClass]
public sealed class ProgramTests
{
    [TestMethod]
    public async Task AnAddressThatIsNotThisMachinesIsAnErrorOfOneLineThatNamesIt()
    {
        const string Url = "http://192.0.2.1:5000"; // RFC 5737: nobody's
        var (before, errors) = (Console.Error, new StringWriter());
        Console.SetError(errors);
        int exitCode;
        try
        {
            // In a thread of its own, since a program that can listen runs on.
            exitCode = await Task.Factory.StartNew(
                () => (int)typeof(ScoringApp).Assembly.EntryPoint!.Invoke(null, [new[] { "--model", TinyModel.Path, "--urls", Url }])!,
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(TestServer.Patience);
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.AreEqual(1, exitCode);
        StringAssert.StartsWith(errors.ToString(), $"error: Cannot listen on {Url}: ");
        Assert.AreEqual(1, errors.ToString().Count('\n'.Equals));
    }
}
