using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer;

/// <summary>
/// How good a trained classifier is on images whose classes are known; made by mlContext.MulticlassClassification.EvaluateImages. It
/// serializes to JSON as it is.
/// </summary>
public sealed class ImageEvaluation
{
    /// <summary>The logits of the branches alone are not kept, as of many images and classes they are large.</summary>
    private readonly ScoredImages _sum;

    private readonly ImageEvaluationOptions _options;
    private readonly ImageDecoding _decoding;

    internal ImageEvaluation(
        IReadOnlyList<string> classNames, IReadOnlyList<string> branches, IReadOnlyList<LabeledLogits> logits,
        IReadOnlyList<string?> paths, IReadOnlyList<SkippedImage> skipped, int unlabeledCount, ImageDecoding decoding,
        ImageEvaluationOptions options)
    {
        (ClassNames, Skipped, UnlabeledCount, _decoding, _options) = (classNames, skipped, unlabeledCount, decoding, options);
        List<ScoredImages> scored = [.. logits.Select(branch => new ScoredImages(branch))];
        _sum = scored[0];
        Branches = [.. branches.Zip(scored, EvaluationOf)];
        Images = [.. ImagesOf(_sum, paths)];
        options.CancellationToken.ThrowIfCancellationRequested();
        Calibration = TemperatureFit.To(_sum, options.CalibrationBins);
        options.CancellationToken.ThrowIfCancellationRequested();
        Rejection = RejectionCurve.Of(_sum);
        LikelyMislabeled = MislabeledImage.Find(_sum, classNames, paths);
        if (scored is [_, var first, var second])
            BranchAgreement = McNemarTest.Of(_sum.Logits.Labels, first.Predictions, second.Predictions);
        Summary = EvaluationText.Of(this);
    }

    /// <summary>The classes, in the order of the model's scores.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The network as it decides: by the sum of its branches' logits.</summary>
    [JsonIgnore]
    public ImageClassificationMetrics Metrics => Branches[0].Metrics;

    /// <summary>How far <see cref="Metrics"/> would vary with other images.</summary>
    [JsonIgnore]
    public ImageClassificationIntervals Intervals => Branches[0].Intervals;

    /// <summary>
    /// "sum", the network as it decides, and of a Conformer "conv" and "tran", what each branch says alone (Peng et al., ICCV 2021, table
    /// 8). Of a network in 16 or 8 bits the sum alone.
    /// </summary>
    public IReadOnlyList<BranchEvaluation> Branches { get; }

    /// <summary>On how many images both branches are right, one, or none; null where there are not two.</summary>
    public McNemarTest? BranchAgreement { get; }

    /// <summary>
    /// By what the logits must be divided for the probabilities to fit these images best, and what is won. Fit it on validation images,
    /// and look with <see cref="MetricsAt"/> at what it does for others; <see cref="OnnxExportOptions.Temperature"/> writes it into a file.
    /// </summary>
    /// <remarks>
    /// With <see cref="ScoringOptions.TestTimeFlip"/> or <see cref="ScoringOptions.FiveCrop"/> it is fitted to the mean over the views,
    /// which is less sure of itself than a view: for a file fit it without them.
    /// </remarks>
    public TemperatureFit Calibration { get; }

    /// <summary>What follows from answering "none of these" where the network is unsure.</summary>
    public RejectionCurve Rejection { get; }

    /// <summary>
    /// Images whose label is likely wrong, the most suspicious first. A network that was trained on an image has memorized its label:
    /// evaluate it on others.
    /// </summary>
    public IReadOnlyList<MislabeledImage> LikelyMislabeled { get; }

    /// <summary>All images that were scored, in the order of the data.</summary>
    public IReadOnlyList<EvaluatedImage> Images { get; }

    /// <summary>Images that could not be used, where the model's options say to skip them.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; }

    /// <summary>How many rows were left out because they have no label.</summary>
    public int UnlabeledCount { get; }

    /// <summary>
    /// The figures of the branches, calibration, thresholds and the worst confusions in lines of at most 80 columns; they do not depend on
    /// a console's width, and are fit for a terminal whatever the classes are called.
    /// </summary>
    [JsonIgnore]
    public string Summary { get; }

    /// <summary>The <see cref="Summary"/>.</summary>
    public override string ToString() => Summary;

    /// <summary>The metrics of the sum, where its logits are divided by a temperature.</summary>
    /// <param name="temperature">Above 0; 1 changes nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    public ImageClassificationMetrics MetricsAt(double temperature) => MetricsOf(new ScoredImages(_sum.Logits, temperature));

    /// <summary>Whether this or another model is right more often on the same images.</summary>
    /// <param name="other">The evaluation of the other model, on the same data.</param>
    /// <exception cref="ArgumentException">It is of other images, or in another order.</exception>
    public McNemarTest CompareWith(ImageEvaluation other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Images.Count != other.Images.Count)
            throw new ArgumentException(
                $"The other evaluation is of {other.Images.Count} images, this one of {Images.Count}; compare models on the same images.",
                nameof(other));
        foreach (var (index, (mine, its)) in Images.Zip(other.Images).Index())
            if (mine.Path != its.Path || mine.Label != its.Label)
                throw new ArgumentException(
                    $"Image {index} is {Describe(mine)} here and {Describe(its)} there; compare models on the same images in the same " +
                    "order.",
                    nameof(other));
        // The classes may be in another order there.
        var indices = ClassNames.Index().ToDictionary(name => name.Item, name => name.Index);
        int[] predictions = [.. other.Images.Select(image => indices.GetValueOrDefault(image.Predicted, LabeledLogits.NoClass))];
        return McNemarTest.Of(_sum.Logits.Labels, _sum.Predictions, predictions);
    }

    /// <summary>Saves all as JSON. The file appears when it is complete.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, ReportJson.Options));

    /// <summary>
    /// Saves a page with tables, diagrams and thumbnails: the figures of each branch with their intervals, calibration, what a threshold
    /// does, confusions, classes, images that are likely mislabeled, and those of which the network is most and least certain. It loads
    /// nothing else, and runs no scripts. The file appears when it is complete.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="explainer">
    /// Of the same model: shows where it looks in the certain and uncertain images. Null (default) for no such maps.
    /// </param>
    /// <exception cref="ArgumentException">The explainer's model has other classes.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed.</exception>
    /// <inheritdoc cref="SaveJson" path="/exception"/>
    public void SaveHtml(string path, ImageExplainer? explainer = null)
    {
        if (explainer is not null && !explainer.ClassNames.SequenceEqual(ClassNames))
            throw new ArgumentException(
                $"The explainer's classes are {VisibleText.List(explainer.ClassNames)}, those of this evaluation " +
                $"{VisibleText.List(ClassNames)}; explain with the model that was evaluated.", nameof(explainer));
        AtomicFile.Write(path, EvaluationPage.Of(this, PicturesWith(explainer)));
    }

    /// <summary>Shows the images, and where there is an explainer what it tells of them.</summary>
    internal ImagePictures PicturesWith(ImageExplainer? explainer) => new(new Thumbnails(_decoding), explainer);

    private BranchEvaluation EvaluationOf(string name, ScoredImages images)
    {
        _options.CancellationToken.ThrowIfCancellationRequested();
        return new BranchEvaluation(name, MetricsOf(images), IntervalsOf(images));
    }

    private ImageClassificationMetrics MetricsOf(ScoredImages images) =>
        ImageClassificationMetrics.Of(images, ClassNames, _options.TopK, _options.CalibrationBins);

    private ImageClassificationIntervals IntervalsOf(ScoredImages images) => ImageClassificationIntervals.Of(
        images, _options.TopK, _options.CalibrationBins, _options.Resamples, _options.ConfidenceLevel, _options.Seed);

    private IEnumerable<EvaluatedImage> ImagesOf(ScoredImages images, IReadOnlyList<string?> paths)
    {
        var row = images.NewRow();
        for (var image = 0; image < paths.Count; image++)
        {
            row.Read(image);
            var label = images.Logits.Labels[image];
            yield return new EvaluatedImage(
                paths[image], label < 0 ? null : ClassNames[label], ClassNames[row.Predicted], row.Probabilities[row.Predicted],
                label < 0 ? null : row.Probabilities[label]);
        }
    }

    private static string Describe(EvaluatedImage image) =>
        $"'{VisibleText.OfPath(image.Path ?? "")}' of the class '{VisibleText.Of(image.Label ?? "")}'";
}

/// <summary>How good one branch of a network is, or their sum.</summary>
/// <param name="Name">"sum", "conv" or "tran".</param>
/// <param name="Metrics">What was measured.</param>
/// <param name="Intervals">How far it would vary with other images.</param>
public sealed record BranchEvaluation(string Name, ImageClassificationMetrics Metrics, ImageClassificationIntervals Intervals);

/// <summary>An image that was scored.</summary>
/// <param name="Path">Its file, where the data tells.</param>
/// <param name="Label">Its true class; null where it is of none.</param>
/// <param name="Predicted">The most probable class.</param>
/// <param name="Confidence">The probability of that, 0-1.</param>
/// <param name="Probability">The probability of its true class, 0-1.</param>
public sealed record EvaluatedImage(string? Path, string? Label, string Predicted, double Confidence, double? Probability);
