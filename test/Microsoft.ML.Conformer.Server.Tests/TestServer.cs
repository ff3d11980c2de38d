using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Conformer.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Conformer.Server.Tests;

/// <summary>The application itself, on a free port of the loopback interface.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const int MaxBatchSize = 16;

    private readonly WebApplication _app;
    private readonly LogLines _log;

    private readonly GatedClassifier? _gate;

    private TestServer(WebApplication app, LogLines log, GatedClassifier? gate)
    {
        (_app, _log, _gate) = (app, log, gate);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = 2 * Patience.Limit };
    }

    public HttpClient Client { get; }

    /// <summary>What was logged so far.</summary>
    public IReadOnlyCollection<string> Log => _log.Lines;

    /// <summary>Images that wait for the batch that is being scored.</summary>
    public int Queued => Service<BatchQueue>().Count;

    /// <summary>Starts the application with a model, or that of the settings' file.</summary>
    public static async Task<TestServer> StartAsync(
        IImageModel? model = null, Limits? limits = null, Func<Settings, Settings>? with = null)
    {
        var log = new LogLines();
        var settings = new Settings(TinyModel.Path, "http://127.0.0.1:0", MaxBatchSize, null, limits ?? new Limits());
        settings = with?.Invoke(settings) ?? settings;
        var file = new ModelFile(settings);
        var served = model is null ? file.Open(CancellationToken.None) : new ServedModel(model, file.Name, file.Look()!);
        var app = ScoringApp.Create(settings, new ServedModels(served), file, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log);
            // Clients on a busy machine may send slowly, and take long to end.
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Patience.Limit);
        });
        await app.StartAsync().WaitAsync(Patience.Limit);
        return new TestServer(app, log, model as GatedClassifier);
    }

    /// <summary>Posts one file as a form.</summary>
    public Task<HttpResponseMessage> PredictAsync(byte[] file, string query = "", CancellationToken cancellation = default) =>
        Client.PostAsync($"/predict{query}", Form(("image.png", file)), cancellation);

    /// <summary>Posts one file as a form, for an explanation of a class, or of the most probable one.</summary>
    public Task<HttpResponseMessage> ExplainAsync(byte[] file, string? className = null, CancellationToken cancellation = default) =>
        Client.PostAsync(
            className is null ? "/explain" : $"/explain?class={Uri.EscapeDataString(className)}", Form(("image.png", file)), cancellation);

    /// <summary>A form with files.</summary>
    public static MultipartFormDataContent Form(params IEnumerable<(string Name, byte[] Bytes)> files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in files)
            form.Add(new ByteArrayContent(bytes), "image", name);
        return form;
    }

    /// <summary>A file as the whole body.</summary>
    public static ByteArrayContent Body(byte[] file, string type) =>
        new(file) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    /// <summary>The JSON of an answer with an expected status.</summary>
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.AreEqual(expected, response.StatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The probabilities in an image's answer, in the order of the model's classes (ordinal).</summary>
    public static float[] Scores(JsonElement image) =>
        [.. image.GetProperty("predictions").EnumerateArray()
            .OrderBy(one => one.GetProperty("class").GetString(), StringComparer.Ordinal)
            .Select(one => one.GetProperty("probability").GetSingle())];

    /// <summary>Begins to stop the application; the task ends when it has.</summary>
    public Task BeginStop()
    {
        _app.Lifetime.StopApplication(); // as signals do
        return _app.StopAsync();
    }

    public T Service<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _gate?.Open(); // also where an assertion failed before
        await _app.StopAsync();
        await _app.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
