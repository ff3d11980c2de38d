using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Trainers and evaluation for sorting into three or more classes.</summary>
public sealed class MulticlassClassificationCatalog : TrainCatalogBase
{
    internal MulticlassClassificationCatalog(IHostEnvironment env)
        : base(env)
    {
        Trainers = new(this);
    }

    public MulticlassClassificationTrainers Trainers { get; }

    /// <summary>Evaluates scored data. Rows without a label, or with scores that are not finite, are skipped silently.</summary>
    /// <param name="labelColumnName">A key, or a Single that holds class indices.</param>
    /// <param name="scoreColumnName">A vector with a probability for each class; its slot names name the classes.</param>
    /// <param name="predictedLabelColumnName">Must be there; it is not read.</param>
    /// <param name="topKPredictionCount">Up to which k top-k accuracy is computed; 0 for none.</param>
    public MulticlassClassificationMetrics Evaluate(
        IDataView data,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        int topKPredictionCount = 0)
    {
        Environment.CheckValue(data, nameof(data));
        Environment.CheckNonEmpty(labelColumnName, nameof(labelColumnName));
        Environment.CheckNonEmpty(scoreColumnName, nameof(scoreColumnName));
        Environment.CheckNonEmpty(predictedLabelColumnName, nameof(predictedLabelColumnName));
        Environment.CheckUserArg(topKPredictionCount >= 0, nameof(topKPredictionCount), "Must be non-negative");
        return MulticlassEvaluator.Evaluate(
            Environment, data, labelColumnName, scoreColumnName, predictedLabelColumnName, topKPredictionCount);
    }

    /// <summary>Fits the estimator, the same instance, to all folds but one in turn, and evaluates it on that one.</summary>
    /// <param name="samplingKeyColumnName">Rows with the same value stay in the same fold; null for none.</param>
    public IReadOnlyList<CrossValidationResult<MulticlassClassificationMetrics>> CrossValidate(
        IDataView data,
        IEstimator<ITransformer> estimator,
        int numberOfFolds = 5,
        string labelColumnName = "Label",
        string samplingKeyColumnName = null,
        int? seed = null)
    {
        Environment.CheckNonEmpty(labelColumnName, nameof(labelColumnName));
        return CrossValidateTrain(data, estimator, numberOfFolds, samplingKeyColumnName, seed)
            .Select(result => new CrossValidationResult<MulticlassClassificationMetrics>(
                result.Model, Evaluate(result.Scores, labelColumnName), result.Scores, result.Fold))
            .ToArray();
    }

    /// <summary>Where the extension methods that make multiclass trainers hang on.</summary>
    public sealed class MulticlassClassificationTrainers : CatalogInstantiatorBase
    {
        internal MulticlassClassificationTrainers(MulticlassClassificationCatalog catalog)
            : base(catalog)
        {
        }
    }
}
