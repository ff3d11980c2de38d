namespace Microsoft.ML.Conformer;

/// <summary>
/// How good a classifier is on images whose classes are known. Probabilities are the softmax of the heads' summed logits; of equal logits
/// the class of the lower index is predicted.
/// </summary>
/// <remarks>No number is NaN or infinite: what the images leave undefined is null.</remarks>
public sealed record ImageClassificationMetrics
{
    /// <summary>Number of images, at least 1; those of none of the classes are not among them.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Share of the images whose class is predicted, 0-1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>
    /// Shares of the images whose class is among the k of the highest logits, 0-1, from k = 1 on; no more than there are classes.
    /// </summary>
    public required IReadOnlyList<double> TopKAccuracies { get; init; }

    /// <summary>The mean of the scores of all classes; a class without images counts with 0.</summary>
    public required AveragedScores Macro { get; init; }

    /// <summary>The mean of the scores of the classes that have images.</summary>
    public required AveragedScores MacroOfPresentClasses { get; init; }

    /// <summary>The mean of the classes' scores, each weighted by the class's number of images.</summary>
    public required AveragedScores Weighted { get; init; }

    /// <summary>The scores of all classes' counts taken together; with one class for each image all three are the accuracy.</summary>
    public required AveragedScores Micro { get; init; }

    /// <summary>Mean recall of the classes that have images, 0-1.</summary>
    public required double BalancedAccuracy { get; init; }

    /// <summary>
    /// Agreement of predictions and classes beyond chance, at most 1 (Cohen, "A coefficient of agreement for nominal scales", 1960); null
    /// where all images are of one class and all are predicted to be of it.
    /// </summary>
    public required double? CohenKappa { get; init; }

    /// <summary>
    /// Correlation of predictions and classes, -1 to 1 (Gorodkin, "Comparing two K-category assignments by a K-category correlation
    /// coefficient", 2004); null where the images are of one class, or are all predicted to be of one.
    /// </summary>
    public required double? MatthewsCorrelation { get; init; }

    /// <summary>Mean of -ln p of the true class: the negative log-likelihood, or cross-entropy, in nats, at least 0.</summary>
    public required double LogLoss { get; init; }

    /// <summary>
    /// Mean over the images of the squared differences of the probabilities and the true class's one-hot vector, summed over the classes,
    /// 0-2 (Brier, "Verification of forecasts expressed in terms of probability", 1950).
    /// </summary>
    public required double BrierScore { get; init; }

    /// <summary>
    /// Mean gap between accuracy and confidence over the bins, weighted by their images, 0-1 (Naeini, Cooper and Hauskrecht, AAAI 2015).
    /// </summary>
    public required double ExpectedCalibrationError { get; init; }

    /// <summary>The largest of these gaps, 0-1.</summary>
    public required double MaximumCalibrationError { get; init; }

    /// <summary>The reliability diagram: bins of equal width over the confidence, from the lowest, without those that are empty.</summary>
    public required IReadOnlyList<ReliabilityBin> ReliabilityBins { get; init; }

    /// <summary>Mean of the classes' areas under the ROC curve, 0-1; null where no class has one.</summary>
    public required double? RocAucMacro { get; init; }

    /// <summary>The same weighted by the classes' numbers of images.</summary>
    public required double? RocAucWeighted { get; init; }

    /// <summary>Mean probability of the predicted class, 0-1.</summary>
    public required double MeanConfidence { get; init; }

    /// <summary>Mean entropy of the probabilities, in nats, 0 to ln C.</summary>
    public required double MeanEntropy { get; init; }

    /// <summary>Numbers of images, [C][C]: a row for each true class, a column for each predicted one.</summary>
    public required int[][] ConfusionMatrix { get; init; }

    /// <summary>Each class for itself, in the order of the classes.</summary>
    public required IReadOnlyList<ClassMetrics> Classes { get; init; }

    /// <param name="images">At least one is of a class.</param>
    /// <param name="classNames">C names.</param>
    /// <param name="topK">The largest k of the top-k accuracies.</param>
    /// <param name="binCount">Of the reliability diagram.</param>
    internal static ImageClassificationMetrics Of(ScoredImages images, IReadOnlyList<string> classNames, int topK = 5, int binCount = 15)
    {
        var (known, counts, areas) = (images.Known, new ClassCounts(classNames.Count), RocAuc.Of(images));
        int[][] confusion = [.. classNames.Select(_ => new int[classNames.Count])];
        foreach (var image in known)
        {
            counts.Add(image.Label, image.Predicted);
            confusion[image.Label][image.Predicted]++;
        }
        var (reliability, accuracy) = (Reliability.Of(known, binCount), known.Average(image => image.IsRight ? 1.0 : 0));
        return new ImageClassificationMetrics
        {
            ImageCount = known.Count,
            Accuracy = accuracy,
            TopKAccuracies = [.. Enumerable.Range(1, Math.Min(topK, classNames.Count))
                .Select(k => known.Average(image => image.Rank < k ? 1.0 : 0))],
            Macro = counts.Macro,
            MacroOfPresentClasses = counts.MacroOfPresent,
            Weighted = counts.Weighted,
            Micro = new AveragedScores(accuracy, accuracy, accuracy),
            BalancedAccuracy = counts.MacroOfPresent.Recall,
            CohenKappa = counts.CohenKappa,
            MatthewsCorrelation = counts.MatthewsCorrelation,
            LogLoss = known.Average(image => image.LogLoss),
            BrierScore = known.Average(image => image.BrierScore),
            ExpectedCalibrationError = reliability.ExpectedError,
            MaximumCalibrationError = reliability.MaximumError,
            ReliabilityBins = reliability.Bins,
            RocAucMacro = areas.Average(),
            RocAucWeighted = WeightedMean(areas, counts.Support),
            MeanConfidence = known.Average(image => image.Confidence),
            MeanEntropy = known.Average(image => image.Entropy),
            ConfusionMatrix = confusion,
            Classes = [.. classNames.Select((name, index) =>
            {
                var (precision, recall, f1) = counts.Of(index);
                return new ClassMetrics(name, counts.Support[index], counts.Predicted[index], precision, recall, f1, areas[index]);
            })],
        };
    }

    private static double? WeightedMean(double?[] areas, IReadOnlyList<int> support)
    {
        var both = areas.Zip(support).Where(pair => pair.First is not null).ToList();
        return both.Count == 0 ? null : both.Sum(pair => pair.First * pair.Second) / both.Sum(pair => (double)pair.Second);
    }
}

/// <summary>Precision, recall and their harmonic mean, of a class or averaged over classes.</summary>
/// <param name="Precision">Share of the images predicted to be of a class that are of it, 0-1; 0 where there are none.</param>
/// <param name="Recall">Share of a class's images that are predicted to be of it, 0-1; 0 where it has none.</param>
/// <param name="F1">2PR / (P + R), 0-1; 0 where both are 0.</param>
public sealed record AveragedScores(double Precision, double Recall, double F1);

/// <summary>How well one class is told from the others.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Support">Number of images of the class.</param>
/// <param name="Predicted">Number of images predicted to be of the class.</param>
/// <param name="Precision">Share of the images predicted to be of the class that are of it, 0-1; 0 where there are none.</param>
/// <param name="Recall">Share of the class's images that are predicted to be of it, 0-1; 0 where it has none.</param>
/// <param name="F1">2PR / (P + R), 0-1; 0 where both are 0.</param>
/// <param name="RocAuc">
/// Share of the pairs of an image of the class and one of another in which the first has the higher probability of the class, 0-1, equal
/// ones counted half; null where the class has no image, or all.
/// </param>
public sealed record ClassMetrics(string Name, int Support, int Predicted, double Precision, double Recall, double F1, double? RocAuc);

/// <summary>The images whose confidence, the probability of the predicted class, lies in one bin.</summary>
/// <param name="Lower">The confidence above which the bin begins, 0-1.</param>
/// <param name="Upper">The highest confidence in the bin, 0-1.</param>
/// <param name="ImageCount">Number of images, at least 1.</param>
/// <param name="Accuracy">Share of them that are predicted right, 0-1.</param>
/// <param name="MeanConfidence">Their mean confidence, 0-1; equal to the accuracy where the network is calibrated.</param>
public sealed record ReliabilityBin(double Lower, double Upper, int ImageCount, double Accuracy, double MeanConfidence);
