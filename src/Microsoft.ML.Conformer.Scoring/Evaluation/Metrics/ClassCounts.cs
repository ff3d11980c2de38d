namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>How many images of each class there are, how many were predicted to be of it, and how many of those are.</summary>
internal sealed class ClassCounts(int classCount)
{
    private readonly int[] _support = new int[classCount], _predicted = new int[classCount], _right = new int[classCount];

    public IReadOnlyList<int> Support => _support;

    public IReadOnlyList<int> Predicted => _predicted;

    /// <summary>The mean over all classes.</summary>
    public AveragedScores Macro => Mean(_ => 1);

    /// <summary>The mean over the classes that have images.</summary>
    public AveragedScores MacroOfPresent => Mean(index => _support[index] > 0 ? 1 : 0);

    /// <summary>The mean with each class weighted by its number of images.</summary>
    public AveragedScores Weighted => Mean(index => _support[index]);

    /// <summary>Null where chance alone would give full agreement.</summary>
    public double? CohenKappa
    {
        get
        {
            var (images, right) = (Total, (double)_right.Sum());
            var byChance = SumOfProducts(_support, _predicted) / (images * images);
            return byChance == 1 ? null : (right / images - byChance) / (1 - byChance);
        }
    }

    /// <summary>Null where all images are of one class, or are predicted to be of one.</summary>
    public double? MatthewsCorrelation
    {
        get
        {
            var (images, right) = (Total, (double)_right.Sum());
            var scale = Math.Sqrt(images * images - SumOfProducts(_predicted, _predicted)) *
                Math.Sqrt(images * images - SumOfProducts(_support, _support));
            return scale == 0 ? null : (images * right - SumOfProducts(_support, _predicted)) / scale;
        }
    }

    private double Total => _support.Sum();

    public void Add(int label, int predicted, int times = 1)
    {
        _support[label] += times;
        _predicted[predicted] += times;
        if (label == predicted)
            _right[label] += times;
    }

    public void Clear()
    {
        Array.Clear(_support);
        Array.Clear(_predicted);
        Array.Clear(_right);
    }

    /// <summary>A class's own scores; 0 where there is nothing to count.</summary>
    public AveragedScores Of(int index) => new(
        Share(_right[index], _predicted[index]),
        Share(_right[index], _support[index]),
        Share(2.0 * _right[index], (double)_support[index] + _predicted[index]));

    private AveragedScores Mean(Func<int, double> weightOf)
    {
        var (precision, recall, f1, weights) = (0.0, 0.0, 0.0, 0.0);
        for (var index = 0; index < classCount; index++)
        {
            var (weight, scores) = (weightOf(index), Of(index));
            precision += weight * scores.Precision;
            recall += weight * scores.Recall;
            f1 += weight * scores.F1;
            weights += weight;
        }
        return new AveragedScores(precision / weights, recall / weights, f1 / weights);
    }

    private static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;

    private static double SumOfProducts(int[] left, int[] right) => left.Zip(right, (x, y) => (double)x * y).Sum();
}
