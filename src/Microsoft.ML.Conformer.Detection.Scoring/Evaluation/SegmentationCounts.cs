namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>Counts pixels by their true and their predicted class, over all images together.</summary>
/// <param name="classNames">The classes.</param>
/// <param name="ignored">The class that says that a pixel does not count.</param>
internal sealed class SegmentationCounts(IReadOnlyList<string> classNames, int ignored = SegmentationCounts.Ignored)
{
    /// <summary>What data sets for segmentation have for pixels that do not count.</summary>
    public const int Ignored = 255;

    private readonly long[] _counts = new long[classNames.Count * classNames.Count];

    /// <summary>Adds an image's pixels.</summary>
    /// <exception cref="ArgumentException">The images differ in size, or a class is none of them.</exception>
    public void Add(ReadOnlySpan<int> truth, ReadOnlySpan<int> prediction)
    {
        if (truth.Length != prediction.Length)
            throw new ArgumentException($"The image has {truth.Length} pixels, and the prediction {prediction.Length}; expected the same.");
        var classes = classNames.Count;
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] == ignored)
                continue;
            if ((uint)truth[i] >= (uint)classes || (uint)prediction[i] >= (uint)classes)
                throw new ArgumentException(
                    $"Pixel {i} is of class {truth[i]}, and predicted to be of {prediction[i]}; there are {classes} classes.");
            _counts[truth[i] * classes + prediction[i]]++;
        }
    }

    /// <summary>The metrics of the images so far.</summary>
    public SegmentationMetrics Metrics() =>
        new(classNames, [.. _counts.Chunk(classNames.Count)]);
}
