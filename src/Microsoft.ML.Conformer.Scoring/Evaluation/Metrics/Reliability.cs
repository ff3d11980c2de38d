namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>Images in bins (b/B, (b+1)/B] of their confidence: how often they are right, and how sure the network is of them.</summary>
internal sealed class Reliability(int binCount)
{
    private readonly int[] _images = new int[binCount], _right = new int[binCount];
    private readonly double[] _confidences = new double[binCount];

    /// <summary>The bins that have images.</summary>
    public IReadOnlyList<ReliabilityBin> Bins =>
        [.. Enumerable.Range(0, binCount).Where(bin => _images[bin] > 0).Select(bin => new ReliabilityBin(
            (double)bin / binCount, (bin + 1.0) / binCount, _images[bin], (double)_right[bin] / _images[bin],
            _confidences[bin] / _images[bin]))];

    public double ExpectedError
    {
        get
        {
            var (gaps, images) = (0.0, 0);
            for (var bin = 0; bin < binCount; bin++)
            {
                gaps += Math.Abs(_right[bin] - _confidences[bin]);
                images += _images[bin];
            }
            return gaps / images;
        }
    }

    public double MaximumError => Bins.Max(bin => Math.Abs(bin.Accuracy - bin.MeanConfidence));

    public static Reliability Of(IEnumerable<ImageOutcome> images, int binCount)
    {
        var all = new Reliability(binCount);
        foreach (var image in images)
            all.Add(all.BinOf(image.Confidence), image);
        return all;
    }

    /// <summary>A confidence on the edge of two bins is in the lower one.</summary>
    public int BinOf(double confidence)
    {
        var bin = Math.Clamp((int)Math.Ceiling(confidence * binCount) - 1, 0, binCount - 1);
        // The product is rounded: the edge itself decides.
        if (bin > 0 && confidence <= (double)bin / binCount)
            return bin - 1;
        return bin < binCount - 1 && confidence > (bin + 1.0) / binCount ? bin + 1 : bin;
    }

    public void Add(int bin, ImageOutcome image, int times = 1)
    {
        _images[bin] += times;
        _confidences[bin] += times * image.Confidence;
        if (image.IsRight)
            _right[bin] += times;
    }

    public void Clear()
    {
        Array.Clear(_images);
        Array.Clear(_right);
        Array.Clear(_confidences);
    }
}
