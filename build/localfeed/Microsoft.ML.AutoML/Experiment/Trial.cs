using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>What a trial tries.</summary>
public class TrialSettings
{
    /// <summary>The trial's number, from 0.</summary>
    public int TrialId { get; set; }

    public DateTime StartedAtUtc { get; set; }

    /// <summary>A point of the experiment's search space; the pipeline's part is under "_pipeline_".</summary>
    public Parameter Parameter { get; set; }
}

/// <summary>How a trial went.</summary>
public class TrialResult
{
    public TrialSettings TrialSettings { get; set; }

    public ITransformer Model { get; set; }

    /// <summary>What the experiment minimizes.</summary>
    public double Loss { get; set; }

    public double Metric { get; set; }

    public double DurationInMilliseconds { get; set; }
}

/// <summary>Runs trials. The experiment disposes it after each one, also where it is one object for all.</summary>
public interface ITrialRunner : IDisposable
{
    Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct);
}

/// <summary>Is told how an experiment goes.</summary>
public interface IMonitor
{
    void ReportCompletedTrial(TrialResult result);

    void ReportBestTrial(TrialResult result);

    void ReportFailTrial(TrialSettings settings, Exception exception = null);

    void ReportRunningTrial(TrialSettings settings);
}
