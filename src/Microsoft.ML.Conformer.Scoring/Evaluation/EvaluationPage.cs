using System.Text;
using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>An evaluation as a page that is one file, or as sections of another page.</summary>
/// <param name="evaluation">The evaluation.</param>
/// <param name="pictures">Shows its images.</param>
/// <param name="page">What the sections are added to.</param>
internal sealed class EvaluationPage(ImageEvaluation evaluation, ImagePictures pictures, StringBuilder page)
{
    /// <summary>The section with the confusion matrix.</summary>
    public const string Confusions = "Confusions";

    private const int MostMislabeled = 60, MostOfKind = 12;

    /// <summary>CSS of the sections.</summary>
    public const string Style = """
          table { font-variant-numeric: tabular-nums; } .number, .interval { white-space: nowrap; }
          .interval { color: GrayText; font-size: .85em; }
          .scroll { overflow-x: auto; } .charts { display: flex; flex-wrap: wrap; gap: 1rem 2rem; margin-top: 1rem; }
          .charts figure { margin: 0; max-width: 100%; } nav a { margin-right: 1rem; white-space: nowrap; }
          .matrix { font-size: .85rem; } .matrix td, .matrix th { border: 1px solid var(--line); padding: .2rem .5rem; text-align: right;
            font-weight: normal; } .matrix tr:first-child th { vertical-align: bottom; }
          .matrix tr:first-child span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
          .image { width: 10.4rem; } .image p { font-size: .85rem; overflow-wrap: anywhere; }
          .maps { width: 23.2rem; } .maps .files { gap: .4rem; } .maps figure { width: 7rem; }

        """;

    public IReadOnlyList<PageSection> Sections =>
    [
        new("Branches", AddBranches), new("Calibration", AddCalibration), new("Rejection", AddRejection), new(Confusions, AddConfusions),
        new("Classes", AddClasses), new("Likely mislabeled", AddMislabeled), .. ImageSections(),
    ];

    public static string Of(ImageEvaluation evaluation, ImagePictures pictures)
    {
        var page = Begin("Evaluation of the classifier", Style).AppendLine($"<p>{EvaluationText.Counts(evaluation)}.</p>");
        AddSections(page, new EvaluationPage(evaluation, pictures, page).Sections);
        return End(page);
    }

    private void AddBranches()
    {
        var branches = evaluation.Branches;
        Say($"The first number is the figure, those behind it are its {Percent(evaluation.Intervals.Level)} interval: how far it would " +
            "vary with other images of the same kind. Calibration errors of few images are too high." +
            (branches.Count > 1 ? " The network decides by the sum of its branches' logits." : ""));
        page.Append(HtmlTable.Of(
            ["", .. branches.Select(branch => branch.Name)],
            MetricFigure.Of(evaluation.Metrics).Select(figure => (IReadOnlyList<string>)[
                figure.Name, .. branches.Select(branch => $"{Number(figure.Value(branch.Metrics))}&nbsp;" +
                    $"<span class=\"interval\">{figure.IntervalText(branch.Intervals)}</span>")]),
            textColumns: 1 + branches.Count));
        if (evaluation.BranchAgreement is { } agreement)
            Say(MetricWords.Of(agreement, branches[1].Name, branches[2].Name));
    }

    private void AddCalibration()
    {
        Say(MetricWords.Of(evaluation.Calibration));
        page.AppendLine("<div class=\"charts\">");
        AddDiagram("as the network is", evaluation.Metrics);
        if (evaluation.Calibration.Temperature is { } temperature)
            AddDiagram($"at temperature {Number(temperature)}", evaluation.MetricsAt(temperature));
        page.AppendLine("</div>");
    }

    private void AddDiagram(string name, ImageClassificationMetrics metrics) => page.Append(
        $"<figure><figcaption>{name}: mean confidence {Number(metrics.MeanConfidence)}, accuracy {Number(metrics.Accuracy)}</figcaption>" +
        $"{ReliabilityDiagram.Svg(metrics.ReliabilityBins)}</figure>");

    private void AddRejection()
    {
        var (points, ofNone) = (evaluation.Rejection.Points, evaluation.Images.Any(image => image.Label is null));
        Say("What follows from accepting only predictions whose confidence reaches a threshold: coverage is the share of images that are " +
            "accepted, accuracy the share of these that are right." +
            (ofNone ? " Images of none of the classes are to be rejected; the others count in coverage and accuracy." : ""));
        List<ChartSeries> series =
        [
            new("coverage", [.. points.Select(point => (point.Threshold, point.Coverage))]),
            new("accuracy", [.. points.Select(point => (point.Threshold, point.Accuracy))]),
        ];
        if (ofNone)
            series.Add(new("unknown rejected", [.. points.Select(point => (point.Threshold, point.UnknownRejected!.Value))]));
        var chart = new LineChart("threshold", "share of images", series) { XRange = (0, 1), YRange = (0, 1) };
        page.AppendLine($"<div class=\"charts\">{chart.ToSvg()}</div>");
        page.Append(HtmlTable.Of(
            ["accuracy", "least threshold of the confidence"],
            EvaluationText.Accuracies.Select(accuracy => (string[])[
                Percent(accuracy), MetricWords.Of(evaluation.Rejection.LeastThreshold(accuracy))]),
            textColumns: 2));
    }

    private void AddConfusions() => page.Append(ConfusionTable.Of(evaluation.Metrics));

    private void AddClasses() => page.Append(ClassTable.Of(evaluation.Metrics));

    private void AddMislabeled()
    {
        Say($"{Count(evaluation.LikelyMislabeled.Count, "image is", "images are")} more like another class than like the one given, the " +
            "most suspicious first. A network that was trained on an image has memorized its label, wrong or not.");
        AddImages(evaluation.LikelyMislabeled.Take(MostMislabeled).Select(image => pictures.Of(image.Path,
            $"given {Class(image.GivenClass, image.GivenProbability)}<br>" +
            $"rather {Class(image.SuggestedClass, image.SuggestedProbability)}")));
        page.Append(More(evaluation.LikelyMislabeled.Count - MostMislabeled, "images; the JSON report has all"));
    }

    private IEnumerable<PageSection> ImageSections()
    {
        var known = evaluation.Images.Where(image => image.Label is not null).ToLookup(image => image.Label == image.Predicted);
        return
        [
            new("Most certain and right", () =>
            {
                if (pictures.WordsOnMaps is { } words)
                    Say(words);
                AddImages(known[true].OrderByDescending(image => image.Confidence));
            }),
            new("Most certain and wrong", () => AddImages(known[false].OrderByDescending(image => image.Confidence))),
            new("Least certain", () => AddImages(evaluation.Images.OrderBy(image => image.Confidence))),
        ];
    }

    private void AddImages(IEnumerable<EvaluatedImage> images) => AddImages(images.Take(MostOfKind).Select(image => pictures.Of(image.Path,
        $"{(image.Label == image.Predicted ? "" : Given(image) + "<br>predicted ")}{Class(image.Predicted, image.Confidence)}",
        image.Predicted)));

    private void AddImages(IEnumerable<string> images)
    {
        var all = string.Concat(images);
        page.AppendLine(all.Length > 0 ? $"<div class=\"findings\">\n{all}</div>" : "<p>None.</p>");
    }

    private static string Given(EvaluatedImage image) =>
        image is { Label: { } label, Probability: { } probability } ? "given " + Class(label, probability) : "of none of the classes";

    private static string Class(string name, double probability) => $"<b>{Text(VisibleText.Of(name))}</b> {Number(probability)}";

    private void Say(string sentences) => page.AppendLine($"<p>{Text(sentences)}</p>");
}
