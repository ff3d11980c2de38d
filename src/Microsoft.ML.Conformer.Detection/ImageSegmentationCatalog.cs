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
}
