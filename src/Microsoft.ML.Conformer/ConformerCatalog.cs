using Microsoft.ML.Conformer;

namespace Microsoft.ML;

/// <summary>Extension methods that offer the Conformer where ML.NET's own trainers stand.</summary>
public static class ConformerCatalog
{
    /// <summary>Trains a Conformer to classify images, with default options.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="labelColumnName">Name of the label column, a key. Default "Label".</param>
    /// <param name="imageColumnName">Name of the image column (MLImage of any size). Default "Image".</param>
    /// <param name="scoreColumnName">Name of the output column with the class probabilities. Default "Score".</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the most probable class. Default "PredictedLabel".</param>
    /// <param name="validationSet">Images to validate with after each epoch, to keep the best weights; null (default) for none.</param>
    /// <param name="variant">The network to train. Default <see cref="ConformerVariant.Tiny"/>.</param>
    /// <exception cref="ArgumentException">Arguments are out of range; the message lists all of them.</exception>
    public static ConformerTrainer Conformer(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = ScoringColumns.DefaultLabel,
        string imageColumnName = ScoringColumns.DefaultImage,
        string scoreColumnName = ScoringColumns.DefaultScore,
        string predictedLabelColumnName = ScoringColumns.DefaultPredictedLabel,
        IDataView? validationSet = null,
        ConformerVariant variant = ConformerVariant.Tiny) =>
        catalog.Conformer(new ConformerTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ImageColumnName = imageColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            Validation = { Data = validationSet },
            Variant = variant,
        });

    /// <summary>Trains a Conformer to classify images.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="options">What and how to train; copied, so that later changes have no effect.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public static ConformerTrainer Conformer(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ConformerTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new ConformerTrainer(CallerEnvironment.Of(catalog), options);
    }

    /// <summary>Trains a ConTNet to classify images, with default options.</summary>
    /// <inheritdoc cref="Conformer(MulticlassClassificationCatalog.MulticlassClassificationTrainers, string, string, string, string, IDataView, ConformerVariant)" path="/param"/>
    /// <exception cref="ArgumentException">Arguments are out of range; the message lists all of them.</exception>
    public static ConTNetTrainer ConTNet(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = ScoringColumns.DefaultLabel,
        string imageColumnName = ScoringColumns.DefaultImage,
        string scoreColumnName = ScoringColumns.DefaultScore,
        string predictedLabelColumnName = ScoringColumns.DefaultPredictedLabel,
        IDataView? validationSet = null,
        ConTNetVariant variant = ConTNetVariant.Tiny) =>
        catalog.ConTNet(new ConTNetTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ImageColumnName = imageColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            Validation = { Data = validationSet },
            Variant = variant,
        });

    /// <summary>Trains a ConTNet to classify images.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="options">What and how to train; copied, so that later changes have no effect.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public static ConTNetTrainer ConTNet(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ConTNetTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new ConTNetTrainer(CallerEnvironment.Of(catalog), options);
    }
}
