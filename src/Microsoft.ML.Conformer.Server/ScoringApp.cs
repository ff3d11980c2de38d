using System.Globalization;
using System.Text.Json.Serialization;
using Conformer.Server.Explaining;
using Conformer.Server.Hosting;
using Conformer.Server.Images;
using Conformer.Server.Model;
using Conformer.Server.Predicting;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.FileProviders;
using Microsoft.ML.Conformer.Detection;
using Microsoft.OpenApi;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Conformer.Server;

/// <summary>The web application: POST /predict, POST /explain, GET /health, /metrics and /openapi/v1.json, and the page.</summary>
internal static class ScoringApp
{
    private const string PredictPolicy = "predict", ExplainPolicy = "explain";

    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string _defaultLeastScore = DetectionOverlayOptions.DefaultLeastScore.ToString(CultureInfo.InvariantCulture);

    /// <summary>Builds the application; nothing runs yet.</summary>
    /// <param name="settings">Where to listen and what to allow.</param>
    /// <param name="models">The model, which the application owns from its start on.</param>
    /// <param name="file">Where the next model may come from.</param>
    /// <param name="configure">Changes the builder before the application is built; null: no changes.</param>
    public static WebApplication Create(
        Settings settings, ServedModels models, ModelFile file, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        if (settings.Urls is { } urls)
            builder.WebHost.UseUrls(urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.Limits.MaxRequestBytes;
            var stop = kestrel.ApplicationServices.GetRequiredService<GracefulStop>();
            kestrel.ConfigureEndpointDefaults(listen => listen.Use(next => connection => stop.OnConnectionAsync(connection, next)));
        });
        builder.Logging.ClearProviders()
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // failures to start are told by Serving
        AddServices(builder.Services, settings, models, file);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.Use(app.Services.GetRequiredService<GracefulStop>().OnRequestAsync);
        app.UseMiddleware<RequestLog>();
        app.Use(AddSecurityHeaders);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        var page = new EmbeddedFileProvider(typeof(ScoringApp).Assembly, $"{typeof(ScoringApp).Namespace}.Page");
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = page });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = page });
        if (settings.Origins.Count > 0)
            app.UseCors();
        app.UseRateLimiter();
        MapEndpoints(app);
        return app;
    }

    private static void MapEndpoints(WebApplication app)
    {
        app.MapGet("/health", (HealthEndpoint endpoint) => endpoint.Report())
            .WithSummary("Says which model scores, and what requests may ask for.");
        app.MapPost("/predict", (PredictEndpoint endpoint, HttpContext context, string? top, string? threshold) =>
            endpoint.PredictAsync(context, top, threshold))
            .WithSummary("Classifies images, or finds the objects in them, as the model does.")
            .WithDescription("The answer has one entry for each image, in their order: predictions of a classifier, objects of a " +
                "detector (/health tells which it is). Of several images each is answered by itself; one alone that cannot be used is " +
                "refused.")
            .Produces<PredictAnswer>()
            .TakesImages(many: true, 400, 413, 422, 500, 503)
            .HasParameter(
                "top", "How many classes or objects to answer with, best first. Default: 5 classes, all objects.", new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Minimum = "1",
                })
            .HasParameter(
                "threshold", "Objects with a lower score are left out; of a classifier, whether the best class is less probable is said. " +
                $"Default: the server's, or else {_defaultLeastScore} for objects.", new OpenApiSchema
                {
                    Type = JsonSchemaType.Number,
                    Minimum = "0",
                    Maximum = "1",
                })
            .RequireRateLimiting(PredictPolicy);
        app.MapPost("/explain", (ExplainEndpoint endpoint, HttpContext context, [FromQuery(Name = "class")] string? className) =>
            endpoint.ExplainAsync(context, className))
            .WithSummary("Shows where the network looks in an image.")
            .WithDescription("Of classifiers in 32-bit floats; a detector has no maps, and the answer is 404.")
            .Produces<ExplainAnswer>()
            .TakesImages(many: false, 400, 404, 413, 422, 500, 503)
            .HasParameter("class", "The class to look for. Default: the most probable one.")
            .RequireRateLimiting(ExplainPolicy);
        app.MapOpenApi();
        app.MapPrometheusScrapingEndpoint();
    }

    private static void AddServices(IServiceCollection services, Settings settings, ServedModels models, ModelFile file)
    {
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(json => (json.SerializerOptions.DefaultIgnoreCondition, json.SerializerOptions.NumberHandling) =
            (JsonIgnoreCondition.WhenWritingNull, JsonNumberHandling.Strict));
        services.AddRateLimiter(options => AddLimits(options, settings.Limits));
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. settings.Origins]).WithMethods("GET", "POST").AllowAnyHeader().WithExposedHeaders("Retry-After")));
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            // .NET's own: memory, processor time, garbage collections; requests and their durations; connections.
            .AddMeter(ScoringStatistics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
            .ConfigureResource(resource => resource.AddService("conformer-server"))
            .AddPrometheusExporter());
        ApiDescription.AddTo(services);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Limits);
        services.AddSingleton(file);
        services.AddSingleton(_ => models);
        services.AddSingleton<ScoringStatistics>();
        services.AddSingleton(provider => new BatchQueue(settings.MaxBatchSize, provider.GetRequiredService<ScoringStatistics>()));
        services.AddSingleton(new UploadDecoder(settings.Limits, settings.Threads ?? Environment.ProcessorCount));
        services.AddSingleton<UploadReader>();
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<PredictEndpoint>();
        services.AddSingleton<Explanations>();
        services.AddSingleton<ExplainEndpoint>();
        // Hosted services stop in reverse order, the web server first: it lets requests in progress end, which need these.
        services.AddHostedService<ScoringService>();
        services.AddHostedService<ModelReloader>();
        services.AddSingleton<GracefulStop>();
        services.AddHostedService(provider => provider.GetRequiredService<GracefulStop>());
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
