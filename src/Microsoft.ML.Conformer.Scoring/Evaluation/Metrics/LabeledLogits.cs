using System.Numerics;
using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>
/// The logits of images, [N, C], and the images' true classes. The rows stay in the precision that they come in; everything is computed in
/// double precision.
/// </summary>
internal sealed class LabeledLogits
{
    /// <summary>The label of an image that is of none of the classes. It counts in the rejection curve and nowhere else.</summary>
    public const int NoClass = -1;

    private readonly Action<int, Span<double>> _read;

    private LabeledLogits(Action<int, Span<double>> read, IReadOnlyList<int> labels, int classCount) =>
        (_read, Labels, ClassCount) = (read, labels, classCount);

    /// <summary>Class indices from 0, or <see cref="NoClass"/>.</summary>
    public IReadOnlyList<int> Labels { get; }

    public int ClassCount { get; }

    /// <param name="rows">The logits of each image; they are not copied.</param>
    /// <param name="labels">Class indices from 0, or <see cref="NoClass"/>.</param>
    /// <param name="classCount">C, at least 1.</param>
    /// <exception cref="ArgumentException">Rows and labels do not fit each other or the classes, or a logit is not finite.</exception>
    public static LabeledLogits Of<T>(IReadOnlyList<T[]> rows, IReadOnlyList<int> labels, int classCount) where T : struct, INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        if (rows.Count != labels.Count)
            throw new ArgumentException($"There are {rows.Count} rows of logits and {labels.Count} labels; each image needs both.");
        for (var image = 0; image < rows.Count; image++)
        {
            if (rows[image].Length != classCount)
                throw new ArgumentException(
                    $"Image {image} has {rows[image].Length} logits; expected {classCount}, one for each class.", nameof(rows));
            if (!TensorPrimitives.IsFiniteAll<T>(rows[image]))
                throw new ArgumentException(
                    $"Image {image} has a logit that is not a finite number; training may have diverged.", nameof(rows));
            if (labels[image] < NoClass || labels[image] >= classCount)
                throw new ArgumentException(
                    $"Image {image} has the label {labels[image]}; expected a class, 0-{classCount - 1}, or {NoClass} for none of them.",
                    nameof(labels));
        }
        return new LabeledLogits((image, into) => TensorPrimitives.ConvertTruncating<T, double>(rows[image], into), labels, classCount);
    }

    /// <param name="image">Its index from 0.</param>
    /// <param name="into">C values.</param>
    public void Read(int image, Span<double> into) => _read(image, into);
}
