using Microsoft.ML.Conformer;
using Microsoft.ML.Data;

namespace Conformer.Server.Model;

/// <summary>Scores images. Disposing it frees the model.</summary>
internal interface IImageClassifier : IDisposable
{
    /// <summary>The classes, in the order of the scores.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Side of the network's square input, in pixels.</summary>
    int ImageSize { get; }

    /// <summary>What shows through transparent pixels.</summary>
    ImageBackground Background { get; }

    /// <summary>Scores a batch.</summary>
    /// <param name="images">Images of any size; they stay the caller's.</param>
    /// <returns>For each image the probability (0-1) of each class, or NaN where it cannot be scored.</returns>
    IReadOnlyList<float[]> Score(IReadOnlyList<MLImage> images);

    /// <summary>Opens what shows where the network looks; it has weights of its own, and is the caller's.</summary>
    /// <exception cref="InvalidOperationException">None can be made of this model; the message says why.</exception>
    ImageExplainer OpenExplainer();
}
