using Conformer.Server.Model;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Conformer.Server.Hosting;

/// <summary>GET /metrics: what is measured, for Prometheus.</summary>
internal static class Metrics
{
    public static void AddTo(IServiceCollection services) => services.AddOpenTelemetry().WithMetrics(metrics => metrics
        // .NET's own: memory, processor time, garbage collections; requests and their durations; connections.
        .AddMeter(ScoringStatistics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
        .ConfigureResource(resource => resource.AddService("conformer-server"))
        .AddPrometheusExporter());
}
