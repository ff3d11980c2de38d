using System.Diagnostics.Metrics;
using System.Net;
using Conformer.Server.Model;

namespace Conformer.Server.Tests;

/// <summary>How concurrent requests share batches, and what happens to them when things go wrong.</summary>
[TestClass]
public sealed class BatchingTests
{
    [TestMethod]
    public async Task RequestsThatWaitAreScoredTogetherAndEachGetsExactlyTheScoresItGetsAlone()
    {
        var files = ColoredImages.EncodeSet(40);
        var alone = TinyModel.ScoreAlone(files);
        var model = new GatedClassifier();
        await using var server = await TestServer.StartAsync(model);
        using var measured = new MeasuredBatches();

        var first = server.PredictAsync(files[0]);
        await Patience.UntilAsync(() => model.Batches.Count == 1, "the first image is being scored");
        var others = files.Skip(1).Select(file => server.PredictAsync(file)).ToList();
        await Patience.UntilAsync(() => server.Queued == 39, "all other images wait");
        model.Open();

        var answers = await Task.WhenAll(others.Prepend(first));
        for (var i = 0; i < files.Count; i++)
        {
            var image = (await TestServer.ReadAsync(answers[i])).GetProperty("images")[0];
            CollectionAssert.AreEqual(alone[i], TestServer.Scores(image), $"image {i}");
        }
        CollectionAssert.AreEqual(new[] { 1, 16, 16, 7 }, model.Batches.ToList());
        CollectionAssert.AreEqual(new[] { 1, 16, 16, 7 }, measured.Sizes);
        var health = await TestServer.ReadAsync(await server.Client.GetAsync("/health"));
        Assert.AreEqual(40, health.GetProperty("imagesScored").GetInt64());
        Assert.AreEqual(4, health.GetProperty("batchesScored").GetInt64());
    }

    [TestMethod]
    public async Task ManyClientsAtOnceEachGetExactlyTheScoresTheyGetAlone()
    {
        var files = ColoredImages.EncodeSet(24);
        var alone = TinyModel.ScoreAlone(files);
        await using var server = await TestServer.StartAsync();

        await Parallel.ForEachAsync(Enumerable.Range(0, 240), new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (i, _) =>
        {
            var index = i % files.Count;
            var image = (await TestServer.ReadAsync(await server.PredictAsync(files[index], cancellation: CancellationToken.None)))
                .GetProperty("images")[0];
            CollectionAssert.AreEqual(alone[index], TestServer.Scores(image), $"image {index}");
        });

        Assert.AreEqual(240, server.Service<ScoringStatistics>().Images);
    }

    [TestMethod]
    public async Task ImagesBeyondTheMemoryForPixelsWaitForTheirTurn()
    {
        const int OneImage = ColoredImages.Side * ColoredImages.Side;
        var file = ColoredImages.Encode("red");
        await using var server = await TestServer.StartAsync(
            limits: new Limits { MaxPixels = OneImage, MaxPixelsInMemory = OneImage });

        var answer = await server.Client.PostAsync("/predict", TestServer.Form(Enumerable.Range(0, 10).Select(i => ($"{i}", file))));

        var images = (await TestServer.ReadAsync(answer)).GetProperty("images").EnumerateArray().ToList();
        Assert.AreEqual(10, images.Count);
        Assert.IsTrue(images.TrueForAll(image => TestServer.Scores(image).Length == 3));
        Assert.AreEqual(10, server.Service<ScoringStatistics>().Batches); // never two of them at once
    }

    [TestMethod]
    public async Task ImagesOfAClientThatWentAwayAreNotScored()
    {
        var file = ColoredImages.Encode("red");
        var model = new GatedClassifier();
        await using var server = await TestServer.StartAsync(model);
        var first = server.PredictAsync(file);
        await Patience.UntilAsync(() => model.Batches.Count == 1, "the first image is being scored");

        using var cancellation = new CancellationTokenSource();
        var second = server.PredictAsync(file, cancellation: cancellation.Token);
        await Patience.UntilAsync(() => server.Queued == 1, "the second image waits");
        await cancellation.CancelAsync();
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => second);
        await Patience.UntilAsync(
            () => server.Log.Any(line => line.StartsWith("POST /predict 499 ", StringComparison.Ordinal)), "the server notices");
        var third = server.PredictAsync(file);
        await Patience.UntilAsync(() => server.Queued == 2, "the third image waits");
        model.Open();

        await TestServer.ReadAsync(await first);
        await TestServer.ReadAsync(await third);
        CollectionAssert.AreEqual(new[] { 1, 1 }, model.Batches.ToList());
    }

    [TestMethod]
    public async Task RequestsBeyondTheLimitAre503WithRetryAfterAndTheOthersGoOn()
    {
        var file = ColoredImages.Encode("red");
        var model = new GatedClassifier();
        await using var server = await TestServer.StartAsync(model, new Limits { MaxRequests = 2 });
        var accepted = new[] { server.PredictAsync(file), server.PredictAsync(file) };
        await Patience.UntilAsync(() => model.Batches.Sum() + server.Queued == 2, "two requests are in progress");

        var refused = await server.PredictAsync(file);

        var problem = await TestServer.ReadAsync(refused, HttpStatusCode.ServiceUnavailable);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "2 requests");
        Assert.AreEqual(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        model.Open();
        foreach (var answer in await Task.WhenAll(accepted))
            await TestServer.ReadAsync(answer);
        await TestServer.ReadAsync(await server.PredictAsync(file));
    }

    [TestMethod]
    public async Task ABatchThatFailsIs500ForItsRequestsOnlyAndTheNextOneSucceeds()
    {
        var file = ColoredImages.Encode("red");
        var model = new GatedClassifier { Fails = true };
        model.Open();
        await using var server = await TestServer.StartAsync(model);

        await TestServer.ReadAsync(await server.PredictAsync(file), HttpStatusCode.InternalServerError);
        model.Fails = false;

        await TestServer.ReadAsync(await server.PredictAsync(file));
    }

    [TestMethod]
    public async Task StoppingFirstAnswersWhatIsQueued()
    {
        var file = ColoredImages.Encode("red");
        var model = new GatedClassifier();
        await using var server = await TestServer.StartAsync(model);
        var requests = Enumerable.Range(0, 5).Select(_ => server.PredictAsync(file)).ToList();
        await Patience.UntilAsync(() => model.Batches.Sum() + server.Queued == 5, "all requests wait");

        var stopped = server.BeginStop();
        Assert.IsFalse(stopped.IsCompleted);
        model.Open();

        foreach (var answer in await Task.WhenAll(requests))
            await TestServer.ReadAsync(answer);
        await stopped;
        await Assert.ThrowsExactlyAsync<HttpRequestException>(() => server.PredictAsync(file));
    }

    /// <summary>Listens to the meter of the program.</summary>
    private sealed class MeasuredBatches : IDisposable
    {
        private readonly MeterListener _listener = new();

        public MeasuredBatches()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: ScoringStatistics.MeterName, Name: "conformer.batch.size" })
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((_, size, _, _) => Sizes.Add(size));
            _listener.Start();
        }

        public List<int> Sizes { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
