namespace Microsoft.ML.AutoML;

/// <summary>The bounds of an experiment.</summary>
public abstract class ExperimentSettings
{
    public int MaxModels = int.MaxValue;

    public ExperimentSettings()
    {
    }

    /// <summary>Default: a day. An experiment keeps to it only after SetTrainingTimeInSeconds.</summary>
    public uint MaxExperimentTimeInSeconds { get; set; } = 24 * 60 * 60;

    public CancellationToken CancellationToken { get; set; }
}
