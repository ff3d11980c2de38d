using System.Diagnostics;
using System.Reflection;
using WebScoring.Model;

namespace WebScoring.Predicting;

/// <summary>GET /health: 200 once predictions can be made, 503 before; with what a client may want to know.</summary>
internal sealed class HealthEndpoint(ModelService service, ScoringStatistics statistics, Limits limits)
{
    private static readonly string _version =
        typeof(HealthEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static readonly DateTime _started = Process.GetCurrentProcess().StartTime.ToUniversalTime();

    public IResult Report()
    {
        var uptime = Math.Round((DateTime.UtcNow - _started).TotalSeconds, 1);
        return service.Model is { } model
            ? TypedResults.Ok(new HealthAnswer(
                "ready", _version, uptime, new ModelInfo(model.ClassNames, model.ImageSize), statistics.Images, statistics.Batches, limits))
            : TypedResults.Json(new HealthAnswer("loading", _version, uptime), statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
