namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>What COCO's evaluation is made with (github.com/cocodataset/cocoapi, cocoeval.py).</summary>
internal static class CocoSettings
{
    /// <summary>The most detections of a class in an image that count, by score.</summary>
    public const int MaxDetections = 100;

    /// <summary>Places of 0.5 and 0.75 among the thresholds.</summary>
    public const int At50 = 0, At75 = 5;

    private const double SmallSide = 32, LargeSide = 96, Endless = 1e10;

    /// <summary>From which IoU on an object is found: 0.5 to 0.95.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = Spaced(0.5, 0.95, 10);

    /// <summary>The recalls that precision is looked up at: 0 to 1.</summary>
    public static IReadOnlyList<double> Recalls { get; } = Spaced(0, 1, 101);

    /// <summary>Areas of objects in square pixels, both ends included: all, small, medium, large.</summary>
    public static IReadOnlyList<(double Least, double Most)> Areas { get; } =
    [
        (0, Endless), (0, SmallSide * SmallSide), (SmallSide * SmallSide, LargeSide * LargeSide), (LargeSide * LargeSide, Endless),
    ];

    /// <summary>As NumPy's linspace computes them: 0.05 times 3 is not what is written 0.15.</summary>
    private static double[] Spaced(double first, double last, int count)
    {
        var step = (last - first) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => i == count - 1 ? last : i * step + first)];
    }
}
