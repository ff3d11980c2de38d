namespace Microsoft.ML.AutoML;

/// <summary>Runs trials. The experiment disposes it after each one, also where it is one object for all.</summary>
public interface ITrialRunner : IDisposable
{
    Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct);
}
