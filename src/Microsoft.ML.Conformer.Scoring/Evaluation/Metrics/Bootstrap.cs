namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>
/// Metrics of images drawn with replacement from those there are. What was computed for each image is counted as often as the image was
/// drawn; no logits are read again.
/// </summary>
internal sealed class Bootstrap
{
    private readonly IReadOnlyList<ImageOutcome> _images;
    private readonly int[] _times, _bins, _ranks;
    private readonly ClassCounts _counts;
    private readonly Reliability _reliability;

    /// <param name="images">At least one is of a class.</param>
    /// <param name="topK">From 1 to the number of classes.</param>
    /// <param name="binCount">Of the reliability diagram.</param>
    public Bootstrap(ScoredImages images, int topK, int binCount)
    {
        _images = images.Known;
        _reliability = new Reliability(binCount);
        _counts = new ClassCounts(images.Logits.ClassCount);
        (_times, _ranks) = (new int[_images.Count], new int[images.Logits.ClassCount]);
        _bins = [.. _images.Select(image => _reliability.BinOf(image.Confidence))];
        TopKAccuracies = [.. Enumerable.Range(0, topK).Select(_ => new List<double>())];
    }

    /// <summary>A list for each k, from 1 on.</summary>
    public IReadOnlyList<List<double>> TopKAccuracies { get; }

    public List<double> BalancedAccuracies { get; } = [];

    public List<double> MacroF1s { get; } = [];

    public List<double> LogLosses { get; } = [];

    public List<double> BrierScores { get; } = [];

    public List<double> CalibrationErrors { get; } = [];

    public void Draw(int resamples, int seed)
    {
        var random = new Random(seed);
        for (var resample = 0; resample < resamples; resample++)
        {
            Array.Clear(_times);
            for (var draw = 0; draw < _times.Length; draw++)
                _times[random.Next(_times.Length)]++;
            Count();
        }
    }

    private void Count()
    {
        _counts.Clear();
        _reliability.Clear();
        Array.Clear(_ranks);
        var (logLoss, brierScore) = (0.0, 0.0);
        for (var index = 0; index < _times.Length; index++)
        {
            var times = _times[index];
            if (times == 0)
                continue;
            var image = _images[index];
            _counts.Add(image.Label, image.Predicted, times);
            _reliability.Add(_bins[index], image, times);
            _ranks[image.Rank] += times;
            logLoss += times * image.LogLoss;
            brierScore += times * image.BrierScore;
        }
        var means = _counts.MacroOfPresent;
        BalancedAccuracies.Add(means.Recall);
        MacroF1s.Add(means.F1);
        LogLosses.Add(logLoss / _times.Length);
        BrierScores.Add(brierScore / _times.Length);
        CalibrationErrors.Add(_reliability.ExpectedError);
        var within = 0;
        for (var k = 0; k < TopKAccuracies.Count; k++)
            TopKAccuracies[k].Add((double)(within += _ranks[k]) / _times.Length);
    }
}
