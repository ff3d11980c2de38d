using System.Diagnostics;
using System.Reflection;
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
        var model = lease.Model;
        return new HealthAnswer(
            "ready",
            _version,
            Math.Round((DateTime.UtcNow - _started).TotalSeconds, 1),
            new ModelInfo(
                model.Classifier.ClassNames, model.Classifier.ImageSize, VisibleText.Of(model.FileName), model.Stamp.Time, model.Loaded),
            statistics.Images,
            statistics.Batches,
            settings.Limits,
            settings.Threshold,
            models.Failed);
    }
}
