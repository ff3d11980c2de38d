using Microsoft.ML.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>AutoML's tuners.</summary>
internal enum TunerKind
{
    Random,
    Grid,
    Smac,
    CostFrugal,
    EciCostFrugal,
}

internal static class TunerKinds
{
    private const int GridStepsPerNumber = 4;

    /// <summary>Makes the experiment search with this tuner.</summary>
    /// <exception cref="NotSupportedException">The AutoML package in use lacks it.</exception>
    public static AutoMLExperiment SetTuner(this AutoMLExperiment experiment, TunerKind tuner, int seed) => tuner switch
    {
        TunerKind.Grid => experiment.SetGridSearchTuner(GridStepsPerNumber),
        TunerKind.Smac => experiment.SetSmacTuner(),
        TunerKind.CostFrugal => experiment.SetCostFrugalTuner(),
        TunerKind.EciCostFrugal => experiment.SetEciCostFrugalTuner(),
        _ => experiment.SetRandomSearchTuner(seed),
    };
}
