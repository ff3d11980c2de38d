using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using WebScoring.Explaining;
using WebScoring.Images;
using WebScoring.Model;
using WebScoring.Predicting;

namespace WebScoring;

/// <summary>The web application: POST /predict, POST /explain, GET /health, and the page.</summary>
internal static class ScoringApp
{
    private const string PredictPolicy = "predict", ExplainPolicy = "explain";

    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Builds the application; nothing runs yet.</summary>
    /// <param name="settings">Where to listen and what to allow.</param>
    /// <param name="openModel">Opens the model; called once, while the application already answers, with what ends the opening.</param>
    /// <param name="configure">Changes the builder before the application is built; null: no changes.</param>
    public static WebApplication Create(
        Settings settings, Func<CancellationToken, IImageClassifier> openModel, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        if (settings.Urls is { } urls)
            builder.WebHost.UseUrls(urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.Limits.MaxRequestBytes;
        });
        builder.Logging.ClearProviders()
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // failures to start are told by Program
        AddServices(builder.Services, settings, openModel);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseMiddleware<RequestLog>();
        app.Use(AddSecurityHeaders);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseDefaultFiles();
        app.UseStaticFiles();
        app.UseRateLimiter();
        app.MapGet("/health", (HealthEndpoint endpoint) => endpoint.Report());
        app.MapPost("/predict", (PredictEndpoint endpoint, HttpContext context, string? top) => endpoint.PredictAsync(context, top))
            .RequireRateLimiting(PredictPolicy);
        app.MapPost("/explain", (ExplainEndpoint endpoint, HttpContext context, [FromQuery(Name = "class")] string? className) =>
            endpoint.ExplainAsync(context, className)).RequireRateLimiting(ExplainPolicy);
        return app;
    }

    private static void AddServices(IServiceCollection services, Settings settings, Func<CancellationToken, IImageClassifier> openModel)
    {
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
        services.AddRateLimiter(options => AddLimits(options, settings.Limits));
        services.AddSingleton(settings.Limits);
        services.AddSingleton<ScoringStatistics>();
        services.AddSingleton(provider => new BatchQueue(settings.MaxBatchSize, provider.GetRequiredService<ScoringStatistics>()));
        services.AddSingleton<UploadDecoder>();
        services.AddSingleton<UploadReader>();
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<PredictEndpoint>();
        services.AddSingleton<Explanations>();
        services.AddSingleton<ExplainEndpoint>();
        // Hosted services stop in reverse order, the web server first: it lets requests in progress end, which need this one.
        services.AddSingleton(provider => new ModelService(
            openModel, provider.GetRequiredService<BatchQueue>(), provider.GetRequiredService<IHostApplicationLifetime>()));
        services.AddHostedService(provider => provider.GetRequiredService<ModelService>());
    }

    /// <summary>Each kind of request has a limit of its own, so that explanations do not keep predictions out.</summary>
    private static void AddLimits(RateLimiterOptions options, Limits limits)
    {
        Add(PredictPolicy, limits.MaxRequests);
        Add(ExplainPolicy, limits.MaxExplanations);
        options.OnRejected = async (rejected, _) =>
        {
            var policy = rejected.HttpContext.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName;
            var reason = policy == ExplainPolicy
                ? $"{limits.MaxExplanations} requests for explanations are in progress already."
                : $"{limits.MaxRequests} requests are in progress already.";
            await Refusal.Result(rejected.HttpContext, StatusCodes.Status503ServiceUnavailable, reason).ExecuteAsync(rejected.HttpContext);
        };

        void Add(string policy, int requests) => options.AddConcurrencyLimiter(policy, limiter =>
        {
            limiter.PermitLimit = requests;
            limiter.QueueLimit = 0;
        });
    }

    private static Task AddSecurityHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
