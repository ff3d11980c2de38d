using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML;

/// <summary>Offers semantic segmentation where ML.NET's own trainers stand.</summary>
public static class ImageSegmentationCatalog
{
    /// <summary>Trains a network that gives each pixel a class: PSPNet's head on a Conformer or a ConTNet.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="options">What and how to train; copied, so that later changes have no effect.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public static ConformerImageSegmentationTrainer ConformerImageSegmentation(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        ConformerImageSegmentationTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new ConformerImageSegmentationTrainer(CallerEnvironment.Of(catalog), options);
    }

    /// <summary>Trains a network that gives each pixel a class, with default options but for the columns' names.</summary>
    /// <param name="catalog">The catalog of multiclass trainers.</param>
    /// <param name="labelMapColumnName">Name of the column with the label maps' paths. Default "LabelMapPath".</param>
    /// <param name="predictedLabelsColumnName">Name of the output column with the pixels' classes.</param>
    /// <param name="sizeColumnName">Name of the output column with their height and width.</param>
    /// <param name="imageColumnName">Name of the image column.</param>
    /// <param name="maxEpoch">Number of passes over the training images, at least 1.</param>
    /// <exception cref="ArgumentException">Arguments are out of range; the message lists all of them.</exception>
    public static ConformerImageSegmentationTrainer ConformerImageSegmentation(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelMapColumnName = nameof(LabeledImageRow.LabelMapPath),
        string predictedLabelsColumnName = SegmenterColumns.DefaultPredictedLabels,
        string sizeColumnName = SegmenterColumns.DefaultSize,
        string imageColumnName = SegmenterColumns.DefaultImage,
        int maxEpoch = 60) => catalog.ConformerImageSegmentation(new ConformerImageSegmentationTrainer.Options
        {
            LabelMapColumnName = labelMapColumnName,
            PredictedLabelsColumnName = predictedLabelsColumnName,
            SizeColumnName = sizeColumnName,
            ImageColumnName = imageColumnName,
            Epochs = maxEpoch,
        });
}
