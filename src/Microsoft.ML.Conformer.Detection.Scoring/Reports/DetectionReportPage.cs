using System.Text;
using Microsoft.ML.Conformer.Evaluation;
using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;
using static Microsoft.ML.Conformer.Files.HtmlPage;

namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>A report as a page that is one file, or as sections of another page.</summary>
/// <param name="report">The report.</param>
/// <param name="page">What the sections are added to.</param>
internal sealed class DetectionReportPage(DetectionReport report, StringBuilder page)
{
    private const int MostCurves = 24;

    /// <summary>CSS of the sections.</summary>
    public const string Style = EvaluationPage.Style + """
          .shots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 32rem), 1fr)); gap: .8rem; margin-top: .8rem; }
          .shot { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem; }
          .shot p { font-size: .85rem; overflow-wrap: anywhere; } .two { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
          .two figure { margin: 0; } .two img { width: 100%; display: block; border-radius: .2rem; } .two figcaption { font-size: .8rem; }

        """;

    private readonly IReadOnlyList<(string Name, DetectionMetrics Metrics)> _parts = DetectionReportText.Parts(report);

    public IReadOnlyList<PageSection> Sections =>
    [
        new("Figures", AddFigures), new("Precision and recall", AddCurves), new("Mistakes", AddMistakes), new("Classes", AddClasses),
        new("Worst images", AddImages),
    ];

    public static string Of(DetectionReport report)
    {
        var boxes = report.Boxes;
        var page = Begin("Evaluation of the detector", Style).AppendLine(
            $"<p>{Count(boxes.ImageCount, "image", "images")} with {Count(boxes.ObjectCount, "object", "objects")} of " +
            $"{Count(report.ClassNames.Count, "class", "classes")} and {Count(boxes.CrowdCount, "crowd", "crowds")}; " +
            $"{Count(boxes.DetectionCount, "detection", "detections")}.</p>");
        AddSections(page, new DetectionReportPage(report, page).Sections);
        return End(page);
    }

    private void AddFigures()
    {
        Say("COCO's figures, means over the classes that have objects. AP is the mean precision over all recalls and over the thresholds " +
            "of IoU 0.5, 0.55, ..., 0.95, AP50 and AP75 that at one threshold; AR the share of the objects that is found, mean over the " +
            "thresholds, by at most 1, 10 or 100 detections of each class in an image.");
        AddTable(DetectionReportText.Figures.Where(one => !IsOfSize(one.Words)));
        Say("By the objects' areas: small ones have at most 32 x 32 pixels, large ones at least 96 x 96.");
        AddTable(DetectionReportText.Figures.Where(one => IsOfSize(one.Words)));

        static bool IsOfSize(string words) => words.Contains(' ');
    }

    private void AddTable(IEnumerable<(string Name, string Words, Func<DetectionFigures, double?> Of)> figures)
    {
        var all = figures.ToList();
        page.Append(HtmlTable.Of(
            ["", .. all.Select(figure => figure.Words)],
            _parts.Select(part => (string[])[part.Name, .. all.Select(figure => Number(figure.Of(part.Metrics)))])));
    }

    private void AddCurves()
    {
        Say("The highest precision at each recall or a higher one, mean over the classes that have objects: the area below is AP at that " +
            "threshold of IoU.");
        page.AppendLine("<div class=\"charts\">");
        foreach (var (name, metrics) in _parts)
            AddChart(name, [.. metrics.Classes.Where(one => one.ObjectCount > 0)], metrics);
        page.AppendLine("</div>");
        var (boxes, most) = (report.Boxes, report.Boxes.Classes.Where(one => one.ObjectCount > 0)
            .OrderByDescending(one => one.ObjectCount).Take(MostCurves).ToList());
        if (most.Count < 2)
            return;
        page.AppendLine($"<details><summary>boxes of {(most.Count < report.ClassNames.Count ? "the most frequent classes" : "each class")}" +
            "</summary><div class=\"charts\">");
        foreach (var one in most)
            AddChart(VisibleText.Of(one.Name), [one], boxes);
        page.AppendLine("</div></details>");
    }

    private void AddChart(string caption, IReadOnlyList<DetectionClassMetrics> classes, DetectionMetrics metrics)
    {
        if (classes.Count == 0)
            return;
        var chart = new LineChart("recall", "precision",
        [
            .. new[] { CocoSettings.At50, CocoSettings.At75 }.Select(threshold => new ChartSeries(
                $"IoU {Number(metrics.Thresholds[threshold])}: AP {Number(classes.Average(one => one.Precisions[threshold].Average()))}",
                [.. metrics.RecallPoints.Select((recall, place) => (recall, classes.Average(one => one.Precisions[threshold][place])))])),
        ])
        {
            XRange = (0, 1),
            YRange = (0, 1),
        };
        page.Append($"<figure><figcaption>{Text(caption)}</figcaption>{chart.ToSvg()}</figure>");
    }

    private void AddMistakes()
    {
        Say($"What became of the boxes with a score of at least {Number(report.LeastScore)}, at an IoU of 0.5 (the kinds of TIDE, Bolya et " +
            "al., ECCV 2020).");
        var (mistakes, found) = (report.Mistakes, report.Mistakes.Right + report.Mistakes.Wrong);
        var objects = report.Mistakes.Right + report.Mistakes.Missed;
        page.Append(HtmlTable.Of(
            ["", "meaning", "number", "share"],
            DetectionReportText.Kinds.Select(kind => (string[])[
                kind.Words, Text(Meaning(kind.Name)), Count(kind.Of(mistakes)),
                kind.Name == "missed" ? Share(mistakes.Missed, objects, "of the objects") : Share(kind.Of(mistakes), found, "of the detections")]),
            textColumns: 2));

        static string Share(int count, int all, string of) => all == 0 ? "-" : $"{Percent(Math.Round((double)count / all, 3))} {of}";
    }

    private static string Meaning(string kind) => kind switch
    {
        "right" => "an object of the class, IoU at least 0.5",
        "wrong_place" => "an object of the class, IoU 0.1 to 0.5",
        "wrong_class" => "an object of another class, IoU at least 0.5",
        "duplicate" => "an object that a detection with a higher score has found",
        "wrong_class_and_place" => "an object of another class, IoU 0.1 to 0.5",
        "background" => "no object, IoU at most 0.1",
        "missed" => "objects that no detection has found",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind."),
    };

    private void AddClasses()
    {
        var kinds = DetectionReportText.Kinds;
        Say("Wrong detections count at the class where the detector put them. Classes without objects are in no mean.");
        page.Append(HtmlTable.Of(
            [
                "class", "objects", "detections", "AP", "AP50", "AP75", "AR100", .. report.Masks is null ? (string[])[] : ["mask AP", "mask AP50"],
                .. kinds.Select(kind => kind.Words),
            ],
            report.Boxes.Classes.Select((one, index) => (string[])[
                Text(VisibleText.Of(one.Name)), Count(one.ObjectCount), Count(one.DetectionCount), Number(one.AveragePrecision),
                Number(one.AveragePrecision50), Number(one.AveragePrecision75), Number(one.AverageRecall100),
                .. report.Masks is not { } masks ? (string[])[]
                    : [Number(masks.Classes[index].AveragePrecision), Number(masks.Classes[index].AveragePrecision50)],
                .. kinds.Select(kind => Count(kind.Of(report.ClassMistakes[index]))),
            ])));
    }

    private void AddImages()
    {
        if (report.Worst.Count == 0)
        {
            Say(report.Mistakes.Wrong + report.Mistakes.Missed == 0 ? "No image has a mistake." : "The data does not tell the images' files.");
            return;
        }
        Say($"The images with the most missed objects and wrong detections, of those with a score of at least {Number(report.LeastScore)}. " +
            "These have a broken outline. Crowds are left out.");
        page.AppendLine("<div class=\"shots\">");
        var pictures = new ShownPictures(report.ClassNames);
        foreach (var shown in report.Worst)
        {
            var (truth, found) = pictures.Of(shown);
            var (path, mistakes) = (shown.Image.Path!, shown.Image.Mistakes);
            page.AppendLine($"<div class=\"shot\"><div class=\"two\">{Figure(truth, "what is there")}{Figure(found, "what was found")}</div>" +
                $"<p><b>{Count(mistakes.Missed)}</b> missed, <b>{Count(mistakes.Wrong)}</b> wrong, {Count(mistakes.Right)} right<br>" +
                $"<span class=\"more\" title=\"{Text(VisibleText.OfPath(path))}\">{Text(VisibleText.Of(Path.GetFileName(path)))}</span></p></div>");
        }
        page.AppendLine("</div>");
        page.Append(More(
            report.Images.Count(image => image.Mistakes.Wrong + image.Mistakes.Missed > 0) - report.Worst.Count,
            "images with mistakes; the JSON report has all"));
    }

    private static string Figure(string? uri, string caption) => "<figure>" +
        (uri is null ? "<div class=\"picture\">no preview</div>" : $"<img src=\"{uri}\" alt=\"{caption}\">") +
        $"<figcaption>{caption}</figcaption></figure>";

    private void Say(string sentences) => page.AppendLine($"<p>{Text(sentences)}</p>");
}
