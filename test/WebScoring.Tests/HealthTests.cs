using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using WebScoring.Model;

namespace WebScoring.Tests;

/// <summary>GET /health, and requests before the model is there.</summary>
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
        Assert.AreEqual(ColoredImages.Side, health.GetProperty("model").GetProperty("imageSize").GetInt32());
        Assert.AreEqual(1, health.GetProperty("imagesScored").GetInt64());
        Assert.IsTrue(health.GetProperty("uptimeSeconds").GetDouble() > 0);
        Assert.AreEqual(
            typeof(Settings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            health.GetProperty("version").GetString());
    }

    [TestMethod]
    public async Task WhileTheModelIsLoadedHealthAndPredictionsAre503()
    {
        var opened = new TaskCompletionSource<IImageClassifier>();
        await using var server = await TestServer.StartLoadingAsync(
            _ => opened.Task.WaitAsync(TestServer.Patience).GetAwaiter().GetResult());

        var health = await TestServer.ReadAsync(await server.Client.GetAsync("/health"), HttpStatusCode.ServiceUnavailable);
        Assert.AreEqual("loading", health.GetProperty("status").GetString());
        Assert.IsFalse(health.TryGetProperty("model", out JsonElement _));
        var refused = await server.PredictAsync(ColoredImages.Encode("red"));
        await TestServer.ReadAsync(refused, HttpStatusCode.ServiceUnavailable);
        Assert.IsNotNull(refused.Headers.RetryAfter?.Delta);
        await TestServer.ReadAsync(await server.ExplainAsync(ColoredImages.Encode("red")), HttpStatusCode.ServiceUnavailable);

        opened.SetResult(TinyModel.Open());
        await TestServer.UntilAsync(() => server.Service<ModelService>().Model is not null, "the model is loaded");
        await TestServer.ReadAsync(await server.Client.GetAsync("/health"));
        await TestServer.ReadAsync(await server.PredictAsync(ColoredImages.Encode("red")));
    }

    [TestMethod]
    public async Task StoppingTheServerEndsTheOpeningOfTheModel()
    {
        var begun = new TaskCompletionSource();
        await using var server = await TestServer.StartLoadingAsync(stopping =>
        {
            begun.SetResult();
            Assert.IsTrue(stopping.WaitHandle.WaitOne(TestServer.Patience));
            stopping.ThrowIfCancellationRequested();
            throw new InvalidOperationException("The opening was not canceled.");
        });
        await begun.Task.WaitAsync(TestServer.Patience);
        server.Service<IHostApplicationLifetime>().StopApplication();

        await server.StoppedAsync();

        Assert.IsNull(server.Service<ModelService>().Failure);
    }

    [TestMethod]
    public async Task AModelThatCannotBeOpenedStopsTheServerAndSaysWhy()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.zip");
        await File.WriteAllTextAsync(path, "no model");
        await using var server = await TestServer.StartLoadingAsync(_ => new ConformerClassifier(path, 1));

        await server.StoppedAsync();

        var failure = server.Service<ModelService>().Failure;
        Assert.IsInstanceOfType<InvalidDataException>(failure);
        StringAssert.Contains(failure.Message, path);
    }

    [TestMethod]
    public async Task AModelThatTakesTooMuchMemoryStopsTheServerAndSaysWhy()
    {
        await using var server = await TestServer.StartLoadingAsync(_ => throw new OutOfMemoryException());

        await server.StoppedAsync();

        Assert.IsInstanceOfType<OutOfMemoryException>(server.Service<ModelService>().Failure);
    }

    [TestMethod]
    [DataRow("/", HttpStatusCode.OK)]
    [DataRow("/app.js", HttpStatusCode.OK)]
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
