using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>The trial whose model is the best.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Parameter">What was tried.</param>
/// <param name="Metric">The metric of the validation images.</param>
/// <param name="EpochsTrained">The epochs that it had.</param>
/// <param name="Epochs">The epochs that it was meant to have.</param>
/// <param name="IsCutShort">Whether the sweep's end ended it.</param>
internal sealed record BestTrial(int Id, Parameter Parameter, double Metric, int EpochsTrained, int Epochs, bool IsCutShort)
{
    public static BestTrial Of(ConformerTrialResult result) => new(
        result.TrialSettings.TrialId, result.TrialSettings.Parameter, result.Metric, result.EpochsTrained, result.Epochs, result.IsCutShort);

    public static BestTrial? Of(TrialRecord? record) => record is null ? null
        : new(record.Id, record.Parameter, record.Metric!.Value, record.Curve.Count, record.Epochs, IsCutShort: false);
}
