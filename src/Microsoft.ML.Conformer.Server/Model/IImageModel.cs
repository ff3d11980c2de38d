using Microsoft.ML.Conformer;
using Microsoft.ML.Data;

namespace Conformer.Server.Model;

/// <summary>Scores images: classifies them, or finds objects in them. Disposing it frees the model.</summary>
internal interface IImageModel : IDisposable
{
    /// <summary>The classes, in the order of the scores.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>What it does, and at which size.</summary>
    ImageModelFacts Facts { get; }

    /// <summary>What shows through transparent pixels.</summary>
    ImageBackground Background { get; }

    /// <summary>Scores a batch.</summary>
    /// <param name="images">Images of any size; they stay the caller's.</param>
    /// <returns>What is known of each image.</returns>
    IReadOnlyList<ImageResult> Score(IReadOnlyList<MLImage> images);

    /// <summary>Opens what shows where the network looks; it has weights of its own, and is the caller's.</summary>
    /// <exception cref="InvalidOperationException">None can be made of this model; the message says why.</exception>
    ImageExplainer OpenExplainer();
}

/// <summary>What a model does, and at which size it sees images.</summary>
/// <param name="Task">Classification or detection.</param>
/// <param name="ImageSize">Of a classifier: side of the network's square input, in pixels.</param>
/// <param name="LongestSide">Of a detector: the most pixels of an image's longer side.</param>
/// <param name="ShortestSide">Of a detector: the most pixels of its shorter side.</param>
/// <param name="HasMasks">Of a detector: whether it gives each object a mask.</param>
internal sealed record ImageModelFacts(
    ModelTask Task, int? ImageSize = null, int? LongestSide = null, int? ShortestSide = null, bool? HasMasks = null);

/// <summary>What a model does.</summary>
internal enum ModelTask
{
    /// <summary>Says of which class an image is.</summary>
    Classification,

    /// <summary>Finds objects in an image.</summary>
    Detection,
}
