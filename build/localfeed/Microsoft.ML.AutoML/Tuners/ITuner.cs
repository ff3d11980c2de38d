using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Proposes what to try next.</summary>
public interface ITuner
{
    Parameter Propose(TrialSettings settings);

    /// <summary>Learns how a trial went.</summary>
    void Update(TrialResult result);
}
