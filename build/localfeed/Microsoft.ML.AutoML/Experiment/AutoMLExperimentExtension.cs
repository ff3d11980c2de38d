namespace Microsoft.ML.AutoML;

/// <summary>What an experiment sweeps, judges by, and searches with.</summary>
public static class AutoMLExperimentExtension
{
    /// <summary>Sweeps a pipeline; which tuner proposes trials is set apart.</summary>
    public static AutoMLExperiment SetPipeline(this AutoMLExperiment experiment, SweepablePipeline pipeline) => experiment
        .AddSearchSpace(AutoMLExperiment.PipelineSearchSpaceName, pipeline.SearchSpace)
        .SetTrialRunner(() => new SweepablePipelineRunner(
            experiment.CreateTrialContext(), pipeline, experiment.Metric, experiment.Data.Training, experiment.Data.Validation));

    public static AutoMLExperiment SetDataset(
        this AutoMLExperiment experiment, IDataView train, IDataView validation, bool subSamplingTrainDataset = false)
    {
        if (subSamplingTrainDataset)
            throw RealPackage.Needed("Subsampling of the training data");
        experiment.Data = (train, validation);
        return experiment;
    }

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
        experiment.Metric = new MulticlassMetric(metric, labelColumn, predictedColumn);
        return experiment;
    }

    public static AutoMLExperiment SetRandomSearchTuner(this AutoMLExperiment experiment, int? seed = null) =>
        experiment.SetTuner(settings => new RandomSearchTuner(settings.SearchSpace, seed ?? settings.Seed));

    public static AutoMLExperiment SetGridSearchTuner(this AutoMLExperiment experiment, int step = 10) =>
        experiment.SetTuner(settings => new GridSearchTuner(settings.SearchSpace, step));

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
        int numNeighboursForNumericalParams = 4) => throw RealPackage.Needed("SmacTuner");

    public static AutoMLExperiment SetCostFrugalTuner(this AutoMLExperiment experiment) =>
        throw RealPackage.Needed("CostFrugalTuner");

    public static AutoMLExperiment SetEciCostFrugalTuner(this AutoMLExperiment experiment) =>
        throw RealPackage.Needed("EciCostFrugalTuner");
}
