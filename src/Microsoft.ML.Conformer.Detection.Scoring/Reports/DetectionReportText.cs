using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;

namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>A report in lines of text for a terminal, and the names of what it counts.</summary>
internal static class DetectionReportText
{
    /// <summary>So that lines keep to 80 columns, however many there are of each.</summary>
    private const int KindsInLine = 4;

    /// <summary>Kinds of mistakes, their names in files, their words, and their numbers.</summary>
    public static IReadOnlyList<(string Name, string Words, Func<DetectionMistakes, int> Of)> Kinds { get; } =
    [
        ("right", "right", one => one.Right), ("wrong_place", "wrong place", one => one.WrongPlace),
        ("wrong_class", "wrong class", one => one.WrongClass), ("duplicate", "duplicate", one => one.Duplicate),
        ("wrong_class_and_place", "wrong class and place", one => one.WrongClassAndPlace),
        ("background", "background", one => one.Background), ("missed", "missed", one => one.Missed),
    ];

    /// <summary>COCO's twelve figures, their names in files, their words, and their values.</summary>
    public static IReadOnlyList<(string Name, string Words, Func<DetectionFigures, double?> Of)> Figures { get; } =
    [
        ("ap", "AP", one => one.AveragePrecision), ("ap50", "AP50", one => one.AveragePrecision50),
        ("ap75", "AP75", one => one.AveragePrecision75), ("ap_small", "AP small", one => one.AveragePrecisionSmall),
        ("ap_medium", "AP medium", one => one.AveragePrecisionMedium), ("ap_large", "AP large", one => one.AveragePrecisionLarge),
        ("ar1", "AR1", one => one.AverageRecall1), ("ar10", "AR10", one => one.AverageRecall10),
        ("ar100", "AR100", one => one.AverageRecall100), ("ar_small", "AR small", one => one.AverageRecallSmall),
        ("ar_medium", "AR medium", one => one.AverageRecallMedium), ("ar_large", "AR large", one => one.AverageRecallLarge),
    ];

    /// <summary>Boxes, and masks where there are such.</summary>
    public static IReadOnlyList<(string Name, DetectionMetrics Metrics)> Parts(DetectionReport report) =>
        report.Masks is { } masks ? [("boxes", report.Boxes), ("masks", masks)] : [("boxes", report.Boxes)];

    public static string Of(DetectionReport report) => string.Join(Environment.NewLine + Environment.NewLine, (IEnumerable<string>)
    [
        .. Parts(report).Select(part => part.Metrics.Summary),
        string.Join(Environment.NewLine, (IEnumerable<string>)
        [
            $"detections with a score of at least {Number(report.LeastScore)}:",
            .. Kinds.Select(kind => $"{Count(kind.Of(report.Mistakes))} {kind.Words}").Chunk(KindsInLine)
                .Select(kinds => $"  {string.Join(", ", kinds)}"),
        ]),
    ]);
}
