namespace Microsoft.ML.Data;

/// <summary>Sums over rows from which multiclass metrics follow.</summary>
internal sealed class MulticlassCounters(int classCount, int topK)
{
    // Scores are taken as probabilities, cut off from below here.
    private const float Epsilon = 1e-15f;

    private readonly double[][] _confusion = Enumerable.Range(0, classCount).Select(_ => new double[classCount]).ToArray();
    private readonly double[] _rowsOfClass = new double[classCount];
    private readonly double[] _logLossOfClass = new double[classCount];
    private readonly double[] _rowsOfRank = new double[classCount + 1];
    private double _rows;
    private double _logLoss;

    /// <param name="label">The true class; it may be one that has no score.</param>
    public void Add(int label, float[] scores)
    {
        var isKnown = label < scores.Length;
        var logLoss = -Math.Log(isKnown ? Math.Min(1, Math.Max(Epsilon, scores[label])) : Epsilon);
        // The true class ranks after classes with higher scores and after those before it with the same. One without a score counts as 0.
        var trueScore = isKnown ? scores[label] : 0;
        var rank = 0;
        var predicted = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > trueScore || (scores[i] == trueScore && i < label))
                rank++;
            if (scores[i] > scores[predicted])
                predicted = i;
        }
        _rows++;
        _logLoss += logLoss;
        _rowsOfRank[rank]++;
        if (!isKnown)
            return;
        _rowsOfClass[label]++;
        _logLossOfClass[label] += logLoss;
        _confusion[label][rank == 0 ? label : predicted]++;
    }

    public MulticlassClassificationMetrics ToMetrics(string[] classNames)
    {
        var logLoss = _rows > 0 ? _logLoss / _rows : 0;
        var recall = _confusion.Select((row, i) => Ratio(row[i], row.Sum())).ToArray();
        var precision = _confusion.Select((row, i) => Ratio(row[i], _confusion.Sum(other => other[i]))).ToArray();
        var accuracies = Enumerable.Range(0, classCount).Where(i => _rowsOfClass[i] > 0).Select(i => _confusion[i][i] / _rowsOfClass[i]);
        return new()
        {
            MicroAccuracy = Ratio(_rowsOfRank[0], _rows),
            MacroAccuracy = accuracies.DefaultIfEmpty(0).Average(),
            LogLoss = logLoss,
            LogLossReduction = LogLossReduction(logLoss),
            PerClassLogLoss = _logLossOfClass.Zip(_rowsOfClass, Ratio).ToArray(),
            TopKPredictionCount = topK,
            TopKAccuracyForAllK = topK > 0 ? TopKAccuracies() : null,
            ConfusionMatrix = new(_confusion, precision, recall, classNames),
        };
    }

    /// <summary>How much lower the log-loss is than the entropy of the classes' frequencies, as a fraction of that.</summary>
    private double LogLossReduction(double logLoss)
    {
        var entropy = -_rowsOfClass.Where(rows => rows > 0).Sum(rows => rows * Math.Log(rows / _rows)) / _rows;
        return (entropy - logLoss) / entropy;
    }

    private double[] TopKAccuracies()
    {
        var sum = 0.0;
        return _rowsOfRank.Take(topK).Select(rows => sum += rows / _rows).ToArray();
    }

    private static double Ratio(double part, double whole) => whole > 0 ? part / whole : 0;
}
