using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>What a trial tries.</summary>
public class TrialSettings
{
    /// <summary>The trial's number, from 0.</summary>
    public int TrialId { get; set; }

    public DateTime StartedAtUtc { get; set; }

    /// <summary>Null while it runs.</summary>
    public DateTime? EndedAtUtc { get; set; }

    /// <summary>A point of the experiment's search space; the pipeline's part is under "_pipeline_".</summary>
    public Parameter Parameter { get; set; }
}
