namespace WebScoring.Tests;

/// <summary>The program's options.</summary>
[TestClass]
public sealed class CommandLineTests
{
    [TestMethod]
    public async Task OptionsBecomeSettings()
    {
        var settings = await ReadAsync(
            "--model", TinyModel.Path, "--urls", "http://127.0.0.1:8080;http://*:81", "--max-batch-size", "4", "--threads", "3",
            "--max-requests", "5", "--max-explanations", "11", "--max-images", "6", "--max-image-bytes", "7",
            "--max-request-bytes", "8", "--max-pixels", "9", "--max-pixels-in-memory", "10");

        Assert.AreEqual(
            new Settings(TinyModel.Path, "http://127.0.0.1:8080;http://*:81", 4, 3, new Limits
            {
                MaxRequests = 5,
                MaxExplanations = 11,
                MaxImages = 6,
                MaxImageBytes = 7,
                MaxRequestBytes = 8,
                MaxPixels = 9,
                MaxPixelsInMemory = 10,
            }), settings);
    }

    [TestMethod]
    public async Task WithoutOptionsTheLimitsAreTheDefaults() =>
        Assert.AreEqual(new Settings(TinyModel.Path, null, 16, null, new Limits()), await ReadAsync("--model", TinyModel.Path));

    [TestMethod]
    [DataRow("--max-pixels-in-memory", "1000", "--max-pixels")]
    [DataRow("--max-images", "0", "from 1")]
    [DataRow("--urls", "localhost", "'localhost'")]
    [DataRow("--urls", "ftp://localhost", "'ftp://localhost'")]
    [DataRow("--urls", "http://localhost:5000;http://*:65536", "'http://*:65536'")]
    public void AnOptionThatCannotBeUsedIsAnErrorThatSaysWhatCan(string option, string value, string reason)
    {
        var errors = CommandLine.Create(_ => Task.FromResult(0)).Parse(["--model", TinyModel.Path, option, value]).Errors;
        StringAssert.Contains(errors.Single().Message, option);
        StringAssert.Contains(errors.Single().Message, reason);
    }

    [TestMethod]
    public void AModelThatIsNotThereIsAnErrorThatSaysWhoMakesOne()
    {
        using var folder = new TemporaryFolder();
        var errors = CommandLine.Create(_ => Task.FromResult(0)).Parse(["--model", folder.File("none.zip")]).Errors;
        StringAssert.Contains(errors.Single().Message, folder.File("none.zip"));
        StringAssert.Contains(errors.Single().Message, "build/run.sh");
    }

    private static async Task<Settings> ReadAsync(params string[] arguments)
    {
        Settings? read = null;
        var parsed = CommandLine.Create(settings =>
        {
            read = settings;
            return Task.FromResult(0);
        }).Parse(arguments);
        Assert.AreEqual(0, parsed.Errors.Count, string.Join("; ", parsed.Errors));
        await parsed.InvokeAsync();
        return read!;
    }
}
