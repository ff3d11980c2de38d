using Microsoft.Extensions.DependencyInjection;
using static Microsoft.ML.DataOperationsCatalog;

namespace Microsoft.ML.AutoML;

/// <summary>What an experiment sweeps, judges by, and searches with.</summary>
public static class AutoMLExperimentExtension
{
    /// <summary>Sweeps a pipeline, with the default tuner where none is set afterwards.</summary>
    public static AutoMLExperiment SetPipeline(this AutoMLExperiment experiment, SweepablePipeline pipeline)
    {
        experiment.AddSearchSpace(AutoMLExperiment.PipelineSearchSpaceName, pipeline.SearchSpace);
        experiment.Services.AddSingleton(pipeline);
        return experiment
            .SetTrialRunner<SweepablePipelineRunner>()
            .SetMonitor<LogMonitor>()
            .SetTuner<ITuner>(_ => throw Missing("EciCostFrugalTuner, the default tuner,"));
    }

    public static AutoMLExperiment SetDataset(
        this AutoMLExperiment experiment, IDataView train, IDataView validation, bool subSamplingTrainDataset = false)
    {
        if (subSamplingTrainDataset)
            throw Missing("Subsampling of the training data");
        experiment.Services.AddSingleton(new TrainValidationData(train, validation));
        return experiment;
    }

    public static AutoMLExperiment SetDataset(this AutoMLExperiment experiment, TrainTestData trainValidationSplit) =>
        experiment.SetDataset(trainValidationSplit.TrainSet, trainValidationSplit.TestSet);

    /// <param name="experiment">The experiment.</param>
    /// <param name="metric">What to judge by.</param>
    /// <param name="labelColumn">The label column; its default is in lower case, as in the real package.</param>
    /// <param name="predictedColumn">The column of the predicted label.</param>
    public static AutoMLExperiment SetMulticlassClassificationMetric(
        this AutoMLExperiment experiment,
        MulticlassClassificationMetric metric,
        string labelColumn = "label",
        string predictedColumn = "PredictedLabel")
    {
        experiment.Services.AddSingleton(new MulticlassMetric(metric, labelColumn, predictedColumn));
        return experiment;
    }

    public static AutoMLExperiment SetRandomSearchTuner(this AutoMLExperiment experiment, int? seed = null) =>
        experiment.SetTuner(services =>
        {
            var settings = services.GetRequiredService<AutoMLExperiment.AutoMLExperimentSettings>();
            return new RandomSearchTuner(settings.SearchSpace, seed ?? settings.Seed);
        });

    public static AutoMLExperiment SetGridSearchTuner(this AutoMLExperiment experiment, int step = 10) =>
        experiment.SetTuner(services =>
            new GridSearchTuner(services.GetRequiredService<AutoMLExperiment.AutoMLExperimentSettings>().SearchSpace, step));

    public static AutoMLExperiment SetSmacTuner(
        this AutoMLExperiment experiment,
        int numberInitialPopulation = 20,
        int fitModelEveryNTrials = 10,
        int numberOfTrees = 10,
        int nMinForSpit = 2,
        float splitRatio = 0.8f,
        int localSearchParentCount = 5,
        int numRandomEISearchConfigurations = 5000,
        double epsilon = 1e-5,
        int numNeighboursForNumericalParams = 4) => throw Missing("SmacTuner");

    public static AutoMLExperiment SetCostFrugalTuner(this AutoMLExperiment experiment) => throw Missing("CostFrugalTuner");

    public static AutoMLExperiment SetEciCostFrugalTuner(this AutoMLExperiment experiment) => throw Missing("EciCostFrugalTuner");

    private static NotSupportedException Missing(string what) => new(
        $"{what} needs the real package Microsoft.ML.AutoML 0.23.0; here are SetRandomSearchTuner and SetGridSearchTuner.");
}
