using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML;

/// <summary>Offers detectors where ML.NET's own trainers stand.</summary>
public static class ObjectDetectionCatalog
{
    /// <summary>Trains a detector, Faster R-CNN, Mask R-CNN or RetinaNet on a Conformer or a ConTNet.</summary>
    /// <param name="catalog">The catalog of multiclass trainers, where ML.NET's own ObjectDetection is.</param>
    /// <param name="options">What and how to train; copied, so that later changes have no effect.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public static ConformerObjectDetectionTrainer ConformerObjectDetection(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        ConformerObjectDetectionTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new ConformerObjectDetectionTrainer(CallerEnvironment.Of(catalog), options);
    }

    /// <summary>Trains a detector with default options but for the columns' names, which are in the order of ML.NET's own.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="labelColumnName">Name of the label column, a variable vector of keys. Default "Label".</param>
    /// <param name="predictedLabelColumnName">Name of the output column with the found objects' classes.</param>
    /// <param name="scoreColumnName">Name of the output column with their scores.</param>
    /// <param name="boundingBoxColumnName">Name of the column with the objects' boxes, a variable vector of Single.</param>
    /// <param name="predictedBoundingBoxColumnName">Name of the output column with the found objects' boxes.</param>
    /// <param name="imageColumnName">Name of the image column.</param>
    /// <param name="maxEpoch">Number of passes over the training images, at least 1.</param>
    /// <exception cref="ArgumentException">Arguments are out of range; the message lists all of them.</exception>
    public static ConformerObjectDetectionTrainer ConformerObjectDetection(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string predictedLabelColumnName = "PredictedLabel",
        string scoreColumnName = "Score",
        string boundingBoxColumnName = "BoundingBoxes",
        string predictedBoundingBoxColumnName = "PredictedBoundingBoxes",
        string imageColumnName = "Image",
        int maxEpoch = 12) => catalog.ConformerObjectDetection(new ConformerObjectDetectionTrainer.Options
        {
            LabelColumnName = labelColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            ScoreColumnName = scoreColumnName,
            BoundingBoxColumnName = boundingBoxColumnName,
            PredictedBoundingBoxColumnName = predictedBoundingBoxColumnName,
            ImageColumnName = imageColumnName,
            Epochs = maxEpoch,
        });
}
