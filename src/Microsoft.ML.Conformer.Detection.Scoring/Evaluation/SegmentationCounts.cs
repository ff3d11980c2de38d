using System.Numerics;
using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>Counts pixels by their true and their predicted class, over all images together.</summary>
/// <param name="classNames">The classes.</param>
/// <param name="ignored">The class that says that a pixel does not count.</param>
internal sealed class SegmentationCounts(IReadOnlyList<string> classNames, int ignored = SegmentationCounts.Ignored)
{
    /// <summary>What data sets for segmentation have for pixels that do not count.</summary>
    public const int Ignored = 255;

    /// <summary>Numbers of pixels, [C, C]: a row for each true class, a column for each predicted one.</summary>
    public long[] Values { get; } = new long[classNames.Count * classNames.Count];

    /// <summary>The sum of counts of the same classes.</summary>
    public static SegmentationCounts Sum(IReadOnlyList<string> classNames, IEnumerable<long[]> parts)
    {
        var sum = new SegmentationCounts(classNames);
        foreach (var part in parts)
            TensorPrimitives.Add(sum.Values, part, sum.Values);
        return sum;
    }

    /// <summary>Adds an image's pixels.</summary>
    /// <exception cref="ArgumentException">The images differ in size, or a class is none of them.</exception>
    public void Add<T>(ReadOnlySpan<T> truth, ReadOnlySpan<T> prediction) where T : IBinaryInteger<T>
    {
        if (truth.Length != prediction.Length)
            throw new ArgumentException($"The image has {truth.Length} pixels, and the prediction {prediction.Length}; expected the same.");
        var classes = classNames.Count;
        for (var i = 0; i < truth.Length; i++)
        {
            var (expected, found) = (int.CreateChecked(truth[i]), int.CreateChecked(prediction[i]));
            if (expected == ignored)
                continue;
            if ((uint)expected >= (uint)classes || (uint)found >= (uint)classes)
                throw new ArgumentException(
                    $"Pixel {i} is of class {expected}, and predicted to be of {found}; there are {classes} classes.");
            Values[expected * classes + found]++;
        }
    }

    /// <summary>The metrics of the images so far.</summary>
    public SegmentationMetrics Metrics() => new(classNames, [.. Values.Chunk(classNames.Count)]);
}
