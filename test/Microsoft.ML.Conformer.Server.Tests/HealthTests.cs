using System.Net;
using System.Reflection;
using System.Text.Json;

namespace Conformer.Server.Tests;

/// <summary>GET /health, and what is in the head of all answers.</summary>
[TestClass]
public sealed class HealthTests
{
    [TestMethod]
    public async Task IsReadyWithTheModelsClassesSizeAndCounts()
    {
        await using var server = await TestServer.StartAsync();
        await TestServer.ReadAsync(await server.PredictAsync(ColoredImages.Encode("red")));

        var health = await TestServer.ReadAsync(await server.Client.GetAsync("/health"));

        Assert.AreEqual("ready", health.GetProperty("status").GetString());
        CollectionAssert.AreEqual(
            new[] { "blue", "green", "red" },
            health.GetProperty("model").GetProperty("classes").EnumerateArray().Select(name => name.GetString()).ToList());
        Assert.AreEqual("classification", health.GetProperty("model").GetProperty("task").GetString());
        Assert.AreEqual(ColoredImages.Side, health.GetProperty("model").GetProperty("imageSize").GetInt32());
        Assert.AreEqual("model.zip", health.GetProperty("model").GetProperty("file").GetString());
        Assert.AreEqual(File.GetLastWriteTimeUtc(TinyModel.Path), health.GetProperty("model").GetProperty("fileTime").GetDateTime());
        Assert.IsFalse(health.TryGetProperty("threshold", out JsonElement _));
        Assert.IsFalse(health.TryGetProperty("failedReload", out JsonElement _));
        Assert.AreEqual(1, health.GetProperty("imagesScored").GetInt64());
        Assert.IsTrue(health.GetProperty("uptimeSeconds").GetDouble() > 0);
        Assert.AreEqual(
            typeof(Settings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            health.GetProperty("version").GetString());
    }

    [TestMethod]
    [DataRow("/", HttpStatusCode.OK)]
    [DataRow("/app.js", HttpStatusCode.OK)]
    [DataRow("/objects.js", HttpStatusCode.OK)]
    [DataRow("/style.css", HttpStatusCode.OK)]
    [DataRow("/health", HttpStatusCode.OK)]
    [DataRow("/none", HttpStatusCode.NotFound)]
    [DataRow("/predict", HttpStatusCode.MethodNotAllowed)]
    [DataRow("/explain", HttpStatusCode.MethodNotAllowed)]
    public async Task EveryAnswerForbidsForeignContentAndGuessingOfTypes(string path, HttpStatusCode status)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await server.Client.GetAsync(path);

        Assert.AreEqual(status, answer.StatusCode);
        StringAssert.StartsWith(answer.Headers.GetValues("Content-Security-Policy").Single(), "default-src 'none'; script-src 'self';");
        Assert.AreEqual("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.IsFalse(answer.Headers.Contains("Server"));
    }
}
