namespace Microsoft.ML.AutoML;

/// <summary>What to judge a multiclass classifier by.</summary>
public enum MulticlassClassificationMetric
{
    MicroAccuracy = 0,
    MacroAccuracy = 1,
    LogLoss = 2,
    LogLossReduction = 3,
    TopKAccuracy = 4,
}
