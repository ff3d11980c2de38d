using System.Net;
using SkiaSharp;

namespace Conformer.Server.Tests;

/// <summary>POST /explain: what it answers, and that predictions go on beside it.</summary>
[TestClass]
public sealed class ExplainTests
{
    private static readonly byte[] _red = ColoredImages.Encode("red", width: 60, height: 50);
    private static TestServer _server = null!;

    [ClassInitialize]
    public static async Task Start(TestContext _) => _server = await TestServer.StartAsync(limits: new Limits
    {
        MaxImages = 3,
        MaxImageBytes = 20_000,
        MaxRequestBytes = 50_000,
        MaxPixels = 10_000,
        MaxPixelsInMemory = 10_000,
    });

    [ClassCleanup]
    public static async Task Stop() => await _server.DisposeAsync();

    [TestMethod]
    public async Task EachClassHasItsProbabilityAndThreePictures()
    {
        var predictions = (await TestServer.ReadAsync(await _server.PredictAsync(_red)))
            .GetProperty("images")[0].GetProperty("predictions").EnumerateArray().ToList();
        var pictures = new List<string>();
        foreach (var prediction in predictions)
        {
            var name = prediction.GetProperty("class").GetString()!;

            var answer = await TestServer.ReadAsync(await _server.ExplainAsync(_red, name));

            Assert.AreEqual(name, answer.GetProperty("class").GetString());
            Assert.AreEqual(prediction.GetProperty("probability").GetSingle(), answer.GetProperty("probability").GetSingle(), 1e-5f);
            var maps = answer.GetProperty("maps").EnumerateArray().ToList();
            CollectionAssert.AreEqual(
                (string[])["classActivation", "coupled", "attentionRollout"], maps.ConvertAll(map => map.GetProperty("kind").GetString()));
            foreach (var map in maps)
            {
                using var picture = SKBitmap.Decode(map.GetProperty("png").GetBytesFromBase64());
                Assert.AreEqual((256, 256), (picture.Width, picture.Height));
            }
            pictures.Add(maps[2].GetProperty("png").GetString()!);
        }
        Assert.AreEqual(1, pictures.Distinct().Count(), "the rollout is of no class");
        var best = await TestServer.ReadAsync(await _server.Client.PostAsync("/explain", TestServer.Body(_red, "image/png")));
        Assert.AreEqual(predictions[0].GetProperty("class").GetString(), best.GetProperty("class").GetString());
    }

    [TestMethod]
    [DataRow("violet")]
    [DataRow("")]
    [DataRow("RED")]
    public async Task AClassThatTheModelLacksIs400(string name) => await AssertRefusedAsync(
        await _server.ExplainAsync(_red, name), HttpStatusCode.BadRequest,
        $"The model has no class '{name}'; its classes are blue, green, red");

    [TestMethod]
    public async Task WhatIsRefusedForPredictionsIsRefusedHereToo()
    {
        await AssertRefusedAsync(
            await _server.ExplainAsync("This is no image, but has more bytes than an image's header."u8.ToArray()),
            HttpStatusCode.UnprocessableEntity, "not a JPEG");
        await AssertRefusedAsync(
            await _server.ExplainAsync(_red[..(_red.Length / 2)]), HttpStatusCode.UnprocessableEntity, "truncated");
        await AssertRefusedAsync(
            await _server.ExplainAsync(new byte[20_001]), HttpStatusCode.RequestEntityTooLarge, "more than 20000 bytes");
        await AssertRefusedAsync(
            await _server.ExplainAsync(ColoredImages.Encode("red", width: 101, height: 100, extension: ".jpg")),
            HttpStatusCode.RequestEntityTooLarge, "101 x 100 pixels");
        await AssertRefusedAsync(
            await _server.Client.PostAsync("/explain", TestServer.Form(("a.png", _red), ("b.png", _red))),
            HttpStatusCode.BadRequest, "several images");
    }

    [TestMethod]
    public async Task AModelIn16BitsHasNoExplanationsAndGoesOnPredicting()
    {
        await using var server = await TestServer.StartAsync(TinyModel.OpenFloat16());

        for (var i = 0; i < 2; i++)
            await AssertRefusedAsync(await server.ExplainAsync(_red, "red"), HttpStatusCode.NotFound, "32-bit floats");

        await TestServer.ReadAsync(await server.PredictAsync(_red));
    }

    [TestMethod]
    public async Task OneIsExplainedAtATimeBeyondTheLimitTheyAre503AndPredictionsGoOn()
    {
        var model = new GatedClassifier();
        model.OpenScores();
        await using var server = await TestServer.StartAsync(model, new Limits { MaxExplanations = 3, MaxRequests = 1 });
        var accepted = Enumerable.Range(0, 3).Select(_ => server.ExplainAsync(_red)).ToList();
        HttpResponseMessage? refused = null;
        await Patience.UntilAsync(() => model.ExplainersAsked == 1, "the first explanation is begun");

        // Requests take a moment to come in, so that the first of further ones may still be among the three.
        while (refused?.StatusCode != HttpStatusCode.ServiceUnavailable)
        {
            var further = server.ExplainAsync(_red);
            if (await Task.WhenAny(further, Task.Delay(TimeSpan.FromSeconds(5))) == further)
                refused = await further;
            else
                accepted.Add(further);
        }

        await AssertRefusedAsync(refused, HttpStatusCode.ServiceUnavailable, "3 requests for explanations");
        Assert.AreEqual(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        for (var i = 0; i < 5; i++)
            await TestServer.ReadAsync(await server.PredictAsync(_red));
        Assert.AreEqual(1, model.ExplainersAsked, "the others wait for the first");
        model.OpenExplainers();
        var answers = await Task.WhenAll(accepted);
        Assert.AreEqual(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.AreEqual(1, model.ExplainersAsked);
    }

    [TestMethod]
    public async Task AnImageOfAClientThatWentAwayIsNotExplained()
    {
        var model = new GatedClassifier();
        await using var server = await TestServer.StartAsync(model);
        var first = server.ExplainAsync(_red);
        await Patience.UntilAsync(() => model.ExplainersAsked == 1, "the first explanation is begun");

        using var cancellation = new CancellationTokenSource();
        var second = server.ExplainAsync(_red, cancellation: cancellation.Token);
        await Task.Delay(100);
        await cancellation.CancelAsync();

        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => second);
        await Patience.UntilAsync(
            () => server.Log.Any(line => line.StartsWith("POST /explain 499 ", StringComparison.Ordinal)), "the server notices");
        model.Open();
        await TestServer.ReadAsync(await first);
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string reason)
    {
        var problem = await TestServer.ReadAsync(answer, status);
        Assert.AreEqual("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), reason);
    }
}
