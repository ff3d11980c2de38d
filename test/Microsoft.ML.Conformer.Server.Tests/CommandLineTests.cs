using System.CommandLine;

namespace Conformer.Server.Tests;

/// <summary>The program's options.</summary>
[TestClass]
public sealed class CommandLineTests
{
    [TestMethod]
    public async Task OptionsBecomeSettings()
    {
        var settings = await ReadAsync(
            TinyModel.Path, "--urls", "http://127.0.0.1:8080;http://*:81", "--max-batch-size", "4", "--threads", "3",
            "--max-requests", "5", "--max-explanations", "11", "--max-images", "6", "--max-image-bytes", "7",
            "--max-request-bytes", "8", "--max-pixels", "9", "--max-pixels-in-memory", "10",
            "--threshold", "0.5", "--cors", "https://a.example", "http://localhost:8080", "--cors", "*");

        CollectionAssert.AreEqual((string[])["https://a.example", "http://localhost:8080", "*"], settings.Origins.ToList());
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
            })
            {
                Threshold = 0.5f,
                Origins = settings.Origins,
            }, settings);
    }

    [TestMethod]
    public async Task WithoutOptionsTheLimitsAreTheDefaults()
    {
        var settings = await ReadAsync(TinyModel.Path);

        Assert.AreEqual(new Settings(TinyModel.Path, null, 16, null, new Limits()) { Origins = settings.Origins }, settings);
        Assert.IsEmpty(settings.Origins);
    }

    [TestMethod]
    [DataRow("--max-pixels-in-memory", "1000", "--max-pixels")]
    [DataRow("--max-images", "0", "from 1")]
    [DataRow("--urls", "localhost", "'localhost'")]
    [DataRow("--urls", "ftp://localhost", "'ftp://localhost'")]
    [DataRow("--urls", "http://localhost:5000;http://*:65536", "'http://*:65536'")]
    [DataRow("--threshold", "1.5", "'1.5'")]
    [DataRow("--threshold", "NaN", "'NaN'")]
    [DataRow("--cors", "example.org", "'example.org'")]
    [DataRow("--cors", "https://example.org/", "'https://example.org/'")]
    public void AnOptionThatCannotBeUsedIsAnErrorThatSaysWhatCan(string option, string value, string reason)
    {
        var error = Parse(TinyModel.Path, option, value).Errors.Single().Message;
        StringAssert.Contains(error, option);
        StringAssert.Contains(error, reason);
    }

    [TestMethod]
    public void AModelThatIsNotThereOrNoFileIsAnErrorThatNamesIt()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual($"MODEL: there is no file '{folder.File("none.zip")}'.", Parse(folder.File("none.zip")).Errors.Single().Message);
        Assert.AreEqual($"MODEL: '{folder.Path}' is a folder, not a file.", Parse(folder.Path).Errors.Single().Message);
    }

    [TestMethod]
    public void TheCommandOfAProgramWithOthersTakesTheSame()
    {
        var program = new RootCommand { ServeCommand.Create() };

        Assert.IsEmpty(program.Parse(["serve", TinyModel.Path, "--threshold", "0.5"]).Errors);
        Assert.HasCount(1, program.Parse(["serve", TinyModel.Path, "--threshold", "2"]).Errors);
    }

    private static ParseResult Parse(params string[] arguments) =>
        ServeCommand.CreateRoot((_, _) => Task.FromResult(0)).Parse(arguments);

    private static async Task<Settings> ReadAsync(params string[] arguments)
    {
        Settings? read = null;
        var parsed = ServeCommand.CreateRoot((settings, _) =>
        {
            read = settings;
            return Task.FromResult(0);
        }).Parse(arguments);
        Assert.AreEqual(0, parsed.Errors.Count, string.Join("; ", parsed.Errors));
        await parsed.InvokeAsync();
        return read!;
    }
}
