using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Conformer.Server.Model;

namespace Conformer.Server.Predicting;

/// <summary>GET /health: which model scores, how much it has, and what requests may ask for.</summary>
internal sealed class HealthEndpoint(ServedModels models, ScoringStatistics statistics, Settings settings)
{
    private static readonly string _version =
        typeof(HealthEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static readonly DateTime _started = Process.GetCurrentProcess().StartTime.ToUniversalTime();

    public HealthAnswer Report()
    {
        using var lease = models.Lease();
        var (model, facts) = (lease.Model, lease.Model.Network.Facts);
        return new HealthAnswer(
            "ready",
            _version,
            Math.Round((DateTime.UtcNow - _started).TotalSeconds, 1),
            new ModelInfo(
                JsonNamingPolicy.CamelCase.ConvertName($"{facts.Task}"), model.Network.ClassNames, VisibleText.Of(model.FileName),
                model.Stamp.Time, model.Loaded, facts.ImageSize, facts.LongestSide, facts.ShortestSide, facts.HasMasks),
            statistics.Images,
            statistics.Batches,
            settings.Limits,
            settings.Threshold,
            models.Failed);
    }
}
