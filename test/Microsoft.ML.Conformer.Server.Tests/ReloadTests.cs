using System.Collections.Concurrent;
using System.Text.Json;
using Conformer.Server.Model;
using Microsoft.ML;
using Microsoft.ML.Conformer;

namespace Conformer.Server.Tests;

/// <summary>What happens when the model's file is replaced under the running server.</summary>
[TestClass]
public sealed class ReloadTests
{
    private static readonly byte[] _red = ColoredImages.Encode("red");

    private readonly TemporaryFolder _folder = new();

    private string Served => _folder.File("served.onnx");

    [TestCleanup]
    public void Delete() => _folder.Dispose();

    [TestMethod]
    public async Task ClientsThatPostContinuouslyLoseNoRequestAndGetTheScoresOfOneModelOrTheOther()
    {
        var (first, second) = (Export("first.onnx", temperature: 1), Export("second.onnx", temperature: 3));
        var expected = new[] { Score(first), Score(second) };
        Assert.AreNotEqual(expected[0][2], expected[1][2], 0.01f);
        File.Copy(first, Served);
        await using var server = await StartAsync();
        using var done = new CancellationTokenSource();
        var answered = new ConcurrentQueue<int>();
        var clients = Enumerable.Range(0, 8).Select(_ => PostAsync()).ToList();

        foreach (var (round, next) in new[] { second, first, second }.Index())
        {
            if (round == 1)
                await RewriteSlowlyAsync(next);
            else
                File.Move(Copy(next), Served, overwrite: true);
            await UntilServedAsync(server, next);
            var count = answered.Count;
            await Patience.UntilAsync(() => answered.Count >= count + 16, "clients are answered");
        }
        await done.CancelAsync();
        await Task.WhenAll(clients);

        CollectionAssert.AreEqual((int[])[0, 1], answered.Distinct().Order().ToArray());
        Assert.AreEqual(1, answered.Last());

        async Task PostAsync()
        {
            while (!done.IsCancellationRequested)
            {
                var image = (await TestServer.ReadAsync(await server.PredictAsync(_red, cancellation: CancellationToken.None)))
                    .GetProperty("images")[0];
                var scores = TestServer.Scores(image);
                var model = Array.FindIndex(expected, one => one.Zip(scores, (a, b) => Math.Abs(a - b)).Max() < 1e-5f);
                Assert.IsTrue(model >= 0, string.Join(" ", scores));
                answered.Enqueue(model);
            }
        }
    }

    [TestMethod]
    public async Task AFileThatCannotBeUsedIsLoggedAndTheOldModelStaysUntilAGoodOneComes()
    {
        var good = Export("good.onnx", temperature: 1);
        File.Copy(good, Served);
        await using var server = await StartAsync();

        File.WriteAllText(Served, "no model");

        await Patience.UntilAsync(() => server.Service<ServedModels>().Failed is not null, "the file is refused");
        var health = await HealthAsync(server);
        Assert.AreEqual("ready", health.GetProperty("status").GetString());
        foreach (var kind in (string[])["is no image classifier", "No object detector"])
            StringAssert.Contains(health.GetProperty("failedReload").GetProperty("reason").GetString(), kind);
        Assert.AreNotEqual(
            File.GetLastWriteTimeUtc(Served), health.GetProperty("model").GetProperty("fileTime").GetDateTime(), "the model's own time");
        const string Logged = "served.onnx was replaced, but the model from before stays: ";
        Assert.AreEqual(1, server.Log.Count(line => line.StartsWith(Logged, StringComparison.Ordinal)));
        await TestServer.ReadAsync(await server.PredictAsync(_red));

        File.Delete(Served);
        File.Copy(good, Served);
        File.SetLastWriteTimeUtc(Served, DateTime.UtcNow);

        await Patience.UntilAsync(() => server.Service<ServedModels>().Failed is null, "the good file has taken over");
        Assert.IsFalse((await HealthAsync(server)).TryGetProperty("failedReload", out JsonElement _));
        Assert.AreEqual(
            File.GetLastWriteTimeUtc(Served), (await HealthAsync(server)).GetProperty("model").GetProperty("fileTime").GetDateTime());
        await TestServer.ReadAsync(await server.PredictAsync(_red));
    }

    [TestMethod]
    public async Task ARequestUnderWayEndsOnItsModelWhichIsClosedThen()
    {
        File.Copy(Export("first.onnx", temperature: 1), Served);
        var gate = new GatedClassifier();
        await using var server = await StartAsync(gate);
        var underWay = server.PredictAsync(_red);
        var explained = server.ExplainAsync(_red);
        await Patience.UntilAsync(() => gate.Batches.Count == 1 && gate.ExplainersAsked == 1, "requests are under way");

        var next = Export("next.onnx", temperature: 3);
        File.Move(next, Served, overwrite: true);
        await Patience.UntilAsync(
            () => server.Log.Any(line => line.EndsWith("has taken over", StringComparison.Ordinal)), "it takes over");
        var later = server.PredictAsync(_red);
        Assert.IsFalse(gate.IsDisposed);
        gate.Open();

        var before = TestServer.Scores((await TestServer.ReadAsync(await underWay)).GetProperty("images")[0]);
        CollectionAssert.AreEqual(TinyModel.ScoreAlone([_red]).Single(), before);
        await TestServer.ReadAsync(await explained);
        var after = TestServer.Scores((await TestServer.ReadAsync(await later)).GetProperty("images")[0]);
        Assert.AreNotEqual(before[2], after[2], 0.01f);
        await Patience.UntilAsync(() => gate.IsDisposed, "the old model is closed");
        await TestServer.ReadAsync(await server.ExplainAsync(_red));
    }

    [TestMethod]
    public async Task ADetectorTakesAClassifiersPlace()
    {
        File.Copy(Export("first.onnx", temperature: 1), Served);
        await using var server = await StartAsync();
        Assert.AreEqual("classification", (await HealthAsync(server)).GetProperty("model").GetProperty("task").GetString());

        File.Move(Copy(TinyDetector.Path), Served, overwrite: true);
        await Patience.UntilAsync(
            () => server.Log.Any(line => line.EndsWith("has taken over", StringComparison.Ordinal)), "it takes over");

        Assert.AreEqual("detection", (await HealthAsync(server)).GetProperty("model").GetProperty("task").GetString());
        var image = (await TestServer.ReadAsync(await server.PredictAsync(_red, "?threshold=0"))).GetProperty("images")[0];
        Assert.IsGreaterThan(0, image.GetProperty("objects").GetArrayLength());
        Assert.IsFalse(image.TryGetProperty("predictions", out JsonElement _));
    }

    [TestMethod]
    public async Task WeightsBesideTheFileCountAsAPartOfIt()
    {
        File.Copy(Export("first.onnx", temperature: 1), Served);
        var file = new ModelFile(new Settings(Served, null, 1, null, new Limits()));
        var alone = file.Look();
        await File.WriteAllTextAsync(Served + ".data", "weights");
        var with = file.Look();
        await File.WriteAllTextAsync(Served + ".data", "other weights");

        Assert.AreEqual(3, new[] { alone, with, file.Look() }.Distinct().Count());
        File.Delete(Served);
        Assert.IsNull(file.Look());
    }

    private Task<TestServer> StartAsync(IImageModel? model = null) => TestServer.StartAsync(
        model, with: settings => settings with { ModelPath = Served, ReloadInterval = TimeSpan.FromMilliseconds(20) });

    private static async Task<JsonElement> HealthAsync(TestServer server) =>
        await TestServer.ReadAsync(await server.Client.GetAsync("/health"));

    /// <summary>The tiny model, its probabilities sharper or flatter.</summary>
    private string Export(string name, float temperature)
    {
        using var model = new MLContext().Model.LoadImageClassifier(TinyModel.Path);
        model.SaveAsOnnx(_folder.File(name), new OnnxExportOptions { Temperature = temperature });
        return _folder.File(name);
    }

    private static float[] Score(string path)
    {
        using var model = ConformerModel.Open(path, 1);
        using var image = ImageDecoder.Decode(_red);
        return ((ClassScores)model.Score([image]).Single()).Probabilities;
    }

    private string Copy(string path)
    {
        var copy = _folder.File($"{Guid.NewGuid():N}");
        File.Copy(path, copy);
        return copy;
    }

    /// <summary>Writes a file anew in place, with a pause in which it is looked at several times.</summary>
    private async Task RewriteSlowlyAsync(string path)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        await using var file = new FileStream(Served, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        await file.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
        await file.FlushAsync();
        await Task.Delay(200);
        await file.WriteAsync(bytes.AsMemory(bytes.Length / 2));
    }

    private async Task UntilServedAsync(TestServer server, string path) => await Patience.UntilAsync(
        () =>
        {
            using var lease = server.Service<ServedModels>().Lease();
            return lease.Model.Stamp is var stamp && stamp.Time == File.GetLastWriteTimeUtc(Served)
                && stamp.Length == new FileInfo(path).Length;
        },
        "the new file has taken over");
}
