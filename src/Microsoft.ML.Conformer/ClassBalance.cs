namespace Microsoft.ML.Conformer;

/// <summary>How training makes up for classes that have more images than others.</summary>
public enum ClassBalance
{
    /// <summary>Not at all: each image counts alike, and a class by its number of images.</summary>
    None,

    /// <summary>
    /// By weights: an image's loss is multiplied by the inverse of its class's number of images, scaled so that the mean over the training
    /// images is 1. Each image is still seen once in an epoch.
    /// </summary>
    Weights,

    /// <summary>
    /// By a sampler: an epoch has as many images as there are, but shows each class equally often. Images of rare classes come again and
    /// again, augmented anew each time; of frequent classes each epoch shows a part, chosen at random.
    /// </summary>
    Sampler,
}
