using System.Net;
using System.Text.Json;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Conformer.Server.Tests;

/// <summary>What programs expect of a service: metrics, a description, other sites' pages, and "none of these".</summary>
[TestClass]
public sealed class ServiceTests
{
    private static readonly byte[] _red = ColoredImages.Encode("red");

    [TestMethod]
    [DataRow(1f, true)]
    [DataRow(0f, false)]
    [DataRow(null, null)]
    public async Task BelowTheThresholdTheAnswerSaysNoneOfTheseAndStillHasItsPredictions(float? threshold, bool? expected)
    {
        await using var server = await TestServer.StartAsync(with: settings => settings with { Threshold = threshold });

        var image = (await TestServer.ReadAsync(await server.PredictAsync(_red))).GetProperty("images")[0];

        Assert.AreEqual(expected, image.TryGetProperty("noneOfThese", out var none) ? none.GetBoolean() : null);
        Assert.AreEqual(3, image.GetProperty("predictions").GetArrayLength());
        var health = await TestServer.ReadAsync(await server.Client.GetAsync("/health"));
        Assert.AreEqual(threshold, health.TryGetProperty("threshold", out var told) ? told.GetSingle() : null);
    }

    [TestMethod]
    [DataRow("https://site.example", "https://site.example", "https://site.example")]
    [DataRow("*", "https://site.example", "*")]
    [DataRow("https://site.example", "https://other.example", null)]
    [DataRow(null, "https://site.example", null)]
    public async Task PagesOfOtherSitesMayAskWhereTheyAreAllowed(string? allowed, string origin, string? expected)
    {
        await using var server = await TestServer.StartAsync(
            with: settings => settings with { Origins = allowed is null ? [] : [allowed] });
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/predict");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "content-type");
        using var post = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = TestServer.Body(_red, "image/png") };
        using var refused = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = TestServer.Body([1], "image/png") };
        post.Headers.Add("Origin", origin);
        refused.Headers.Add("Origin", origin);

        var answers = new[]
        {
            await server.Client.SendAsync(preflight), await server.Client.SendAsync(post), await server.Client.SendAsync(refused),
        };

        foreach (var answer in answers)
            Assert.AreEqual(
                expected, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null);
        Assert.AreEqual(HttpStatusCode.OK, answers[1].StatusCode); // browsers withhold the answer, where they do
        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, answers[2].StatusCode);
        Assert.AreEqual(
            expected is null ? null : "content-type",
            answers[0].Headers.TryGetValues("Access-Control-Allow-Headers", out var headers) ? headers.Single() : null);
    }

    [TestMethod]
    public async Task MetricsTellOfRequestsImagesBatchesAndMemory()
    {
        await using var server = await TestServer.StartAsync();
        await TestServer.ReadAsync(await server.Client.PostAsync("/predict", TestServer.Form(("a", _red), ("b", _red), ("c", [1]))));
        await TestServer.ReadAsync(await server.PredictAsync([1]), HttpStatusCode.UnprocessableEntity);

        var answer = await server.Client.GetAsync("/metrics");

        StringAssert.StartsWith($"{answer.Content.Headers.ContentType}", "text/plain; version=0.0.4");
        var values = (await answer.Content.ReadAsStringAsync()).Split('\n').Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => (Name: line[..line.LastIndexOf(' ')], Value: double.Parse(line[(line.LastIndexOf(' ') + 1)..])))
            .ToLookup(metric => metric.Name, metric => metric.Value);
        double Value(string name, params string[] labels) => values
            .Single(metric => metric.Key.StartsWith(name + '{', StringComparison.Ordinal)
                && labels.All(label => metric.Key.Contains(label, StringComparison.Ordinal))).Sum();
        Assert.AreEqual(2, Value("conformer_images_total", "result=\"scored\""));
        Assert.AreEqual(2, Value("conformer_images_total", "result=\"refused\""));
        Assert.AreEqual(2, Value("conformer_batch_size_sum"));
        Assert.AreEqual(Value("conformer_batch_size_count"), Value("conformer_batch_duration_seconds_count"));
        Assert.IsTrue(Value("conformer_batch_duration_seconds_sum") > 0);
        Assert.AreEqual(0, Value("conformer_queue_length"));
        Assert.AreEqual(1, Value("http_server_request_duration_seconds_count", "/predict", "\"200\""));
        Assert.AreEqual(1, Value("http_server_request_duration_seconds_count", "/predict", "\"422\""));
        Assert.AreEqual(1, Value("http_server_active_requests", "\"GET\"")); // this one
        Assert.IsTrue(Value("dotnet_process_memory_working_set_bytes") > 1e7);
    }

    [TestMethod]
    public async Task TheDescriptionIsValidAndEachAnswerIsAsItSays()
    {
        await using var server = await TestServer.StartAsync(
            limits: new Limits { MaxImageBytes = 20_000 }, with: settings => settings with { Threshold = 0.9f });
        var text = await server.Client.GetStringAsync("/openapi/v1.json");

        var read = OpenApiDocument.Parse(text, OpenApiConstants.Json);

        Assert.IsEmpty(read.Diagnostic!.Errors, string.Join("; ", read.Diagnostic.Errors));
        var api = JsonDocument.Parse(text).RootElement;
        CollectionAssert.AreEquivalent(
            (string[])["top", "threshold"],
            read.Document!.Paths["/predict"].Operations![HttpMethod.Post].Parameters!.Select(parameter => parameter.Name).ToArray());
        CollectionAssert.AreEquivalent(
            (string[])["/health", "/predict", "/explain"],
            api.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToArray());
        foreach (var path in (string[])["/predict", "/explain"])
            CollectionAssert.IsSubsetOf(
                (string[])["multipart/form-data", "image/*"],
                read.Document!.Paths[path].Operations![HttpMethod.Post].RequestBody!.Content!.Keys.ToArray());
        await AssertAsDescribedAsync(api, "/health", await server.Client.GetAsync("/health"));
        foreach (var (path, expected, content) in new (string, HttpStatusCode, HttpContent)[]
        {
            ("/predict", HttpStatusCode.OK, TestServer.Form(("a", _red), ("b", [1]))),
            ("/predict", HttpStatusCode.OK, TestServer.Body(_red, "image/png")),
            ("/predict", HttpStatusCode.UnprocessableEntity, TestServer.Body([1], "image/png")),
            ("/predict", HttpStatusCode.BadRequest, TestServer.Body([], "image/png")),
            ("/predict", HttpStatusCode.RequestEntityTooLarge, TestServer.Body(new byte[20_001], "image/png")),
            ("/explain", HttpStatusCode.OK, TestServer.Body(_red, "image/png")),
            ("/explain", HttpStatusCode.UnprocessableEntity, TestServer.Body([1], "image/png")),
        })
        {
            var answer = await server.Client.PostAsync(path, content);
            Assert.AreEqual(expected, answer.StatusCode);
            await AssertAsDescribedAsync(api, path, answer);
        }
    }

    [TestMethod]
    public async Task ADetectorsAnswersAreAsTheDescriptionSays()
    {
        await using var server = await TestServer.StartAsync(TinyDetector.Open());
        var api = JsonDocument.Parse(await server.Client.GetStringAsync("/openapi/v1.json")).RootElement;

        await AssertAsDescribedAsync(api, "/health", await server.Client.GetAsync("/health"));
        var found = await server.PredictAsync(_red, "?threshold=0");
        StringAssert.Contains(await found.Content.ReadAsStringAsync(), "\"counts\"");
        await AssertAsDescribedAsync(api, "/predict", found);
        await AssertAsDescribedAsync(api, "/explain", await server.ExplainAsync(_red));
    }

    private static async Task AssertAsDescribedAsync(JsonElement api, string path, HttpResponseMessage answer)
    {
        var operation = api.GetProperty("paths").GetProperty(path).EnumerateObject().Single().Value;
        var schema = operation.GetProperty("responses").GetProperty($"{(int)answer.StatusCode}").GetProperty("content")
            .GetProperty(answer.Content.Headers.ContentType!.MediaType!).GetProperty("schema");
        AssertAsDescribed(api, schema, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement, path);
    }

    private static void AssertAsDescribed(JsonElement api, JsonElement schema, JsonElement value, string where)
    {
        if (schema.TryGetProperty("oneOf", out var choices))
            schema = choices.EnumerateArray().Single(choice => choice.TryGetProperty("$ref", out JsonElement _));
        if (schema.TryGetProperty("$ref", out var reference))
            schema = api.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        var types = schema.GetProperty("type");
        var expected = types.ValueKind == JsonValueKind.Array ? [.. types.EnumerateArray().Select(one => one.GetString())]
            : new[] { types.GetString() };
        var actual = value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number when expected.Contains("integer") && value.TryGetInt64(out _) => "integer",
            var kind => kind.ToString().ToLowerInvariant(),
        };
        CollectionAssert.Contains(expected, actual, where);
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray())
                AssertAsDescribed(api, schema.GetProperty("items"), item, where + "[]");
        if (value.ValueKind != JsonValueKind.Object)
            return;
        foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray() : [])
            Assert.IsTrue(value.TryGetProperty(required.GetString()!, out JsonElement _), $"{where}.{required}");
        foreach (var property in value.EnumerateObject())
        {
            if (where is "/predict" or "/explain" && property.Name == "traceId")
                continue; // ProblemDetails may have further ones
            Assert.IsTrue(schema.GetProperty("properties").TryGetProperty(property.Name, out var inner), $"{where}.{property.Name}");
            AssertAsDescribed(api, inner, property.Value, $"{where}.{property.Name}");
        }
    }
}
