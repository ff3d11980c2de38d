using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Losses;

/// <summary>
/// What the losses of images are multiplied by, by their class: the inverse of the class's number of images, scaled so that the mean over
/// the training images is 1.
/// </summary>
internal sealed class ClassWeights
{
    private readonly int[] _counts;
    private readonly float[] _values;

    /// <param name="labels">The class index of each training image.</param>
    /// <param name="classCount">C; a class without images has the weight 0, which no image is multiplied by.</param>
    public ClassWeights(IReadOnlyList<long> labels, int classCount)
    {
        _counts = new int[classCount];
        foreach (var label in labels)
            _counts[label]++;
        var mean = (double)labels.Count / _counts.Count(count => count > 0);
        _values = [.. _counts.Select(count => count > 0 ? (float)(mean / count) : 0)];
    }

    /// <summary>[C].</summary>
    public IReadOnlyList<float> Values => _values;

    /// <summary>
    /// The targets that give the weighted loss in a cross entropy which takes the mean over the images: [N, C], an image's row adding up
    /// to its weight.
    /// </summary>
    /// <param name="targets">Class indices [N] (int64), or class probabilities [N, C].</param>
    /// <param name="labelSmoothing">
    /// Share of a label's probability that is spread over all classes, 0 to below 1. An image's weight is that of its label; so smoothing
    /// does not draw all images to rare classes.
    /// </param>
    public Tensor Apply(Tensor targets, double labelSmoothing)
    {
        using var scope = NewDisposeScope();
        var probabilities = targets.dim() == 1 ? nn.functional.one_hot(targets, _values.Length) : targets;
        var weighted = probabilities * tensor(_values).to(targets.device);
        return weighted.Times(1 - labelSmoothing).Plus(weighted.sum(1, keepdim: true).Times(labelSmoothing / _values.Length))
            .MoveToOuterDisposeScope();
    }

    /// <summary>For the log: how often images of the rarest and of the most frequent class count.</summary>
    public string Describe(IReadOnlyList<string> names)
    {
        var present = Enumerable.Range(0, _counts.Length).Where(index => _counts[index] > 0).ToList();
        if (present.Select(index => _counts[index]).Distinct().Count() == 1)
            return $"all have {_counts[present[0]]}";
        return $"{Of(present.MinBy(index => _counts[index]))}, {Of(present.MaxBy(index => _counts[index]))}";

        string Of(int index) => FormattableString.Invariant(
            $"'{VisibleText.Of(names[index])}' ({_counts[index]} {(_counts[index] == 1 ? "image" : "images")}) {_values[index]:0.###}");
    }
}
