namespace WebScoring.Tests;

/// <summary>The program as it is started.</summary>
[TestClass]
public sealed class ProgramTests
{
    [TestMethod]
    public void AnAddressThatIsNotThisMachinesIsAnErrorOfOneLineThatNamesIt()
    {
        const string Url = "http://192.0.2.1:5000"; // RFC 5737: nobody's
        var (before, errors) = (Console.Error, new StringWriter());
        Console.SetError(errors);
        object? exitCode;
        try
        {
            exitCode = typeof(Program).Assembly.EntryPoint!.Invoke(null, [new[] { "--model", TinyModel.Path, "--urls", Url }]);
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
