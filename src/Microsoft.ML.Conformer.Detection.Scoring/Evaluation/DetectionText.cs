using static Microsoft.ML.Conformer.Evaluation.Reports.FigureText;

namespace Microsoft.ML.Conformer.Detection.Evaluation;

/// <summary>COCO's figures in lines of text for a terminal.</summary>
internal static class DetectionText
{
    private const int NameWidth = 26;

    public static string Of(DetectionMetrics metrics)
    {
        List<string> lines =
        [
            $"{(metrics.IsOfMasks ? "masks" : "boxes")} of {Count(metrics.ObjectCount, "object", "objects")} in " +
                $"{Count(metrics.ImageCount, "image", "images")}, {Count(metrics.DetectionCount, "detection", "detections")}" +
                (metrics.CrowdCount > 0 ? $", {Count(metrics.CrowdCount, "crowd", "crowds")} aside" : ""),
            "",
            $"{"average precision",-20}{"all IoU",9}{"0.50",8}{"0.75",8}{"small",9}{"medium",8}{"large",8}",
            $"{"",-20}{Number(metrics.AveragePrecision),9}{Number(metrics.AveragePrecision50),8}{Number(metrics.AveragePrecision75),8}" +
                $"{Number(metrics.AveragePrecisionSmall),9}{Number(metrics.AveragePrecisionMedium),8}" +
                $"{Number(metrics.AveragePrecisionLarge),8}",
            $"{"average recall",-20}{"of 100",9}{"10",8}{"1",8}{"small",9}{"medium",8}{"large",8}",
            $"{"",-20}{Number(metrics.AverageRecall100),9}{Number(metrics.AverageRecall10),8}{Number(metrics.AverageRecall1),8}" +
                $"{Number(metrics.AverageRecallSmall),9}{Number(metrics.AverageRecallMedium),8}{Number(metrics.AverageRecallLarge),8}",
            "",
            $"{"class",-NameWidth}{"objects",9}{"detections",12}{"AP",7}{"AP50",7}{"AP75",7}{"AR100",7}",
            .. metrics.Classes.Select(one => Name(one.Name) + $"{Count(one.ObjectCount),9}{Count(one.DetectionCount),12}" +
                $"{Number(one.AveragePrecision),7}{Number(one.AveragePrecision50),7}{Number(one.AveragePrecision75),7}" +
                $"{Number(one.AverageRecall100),7}"),
        ];
        return string.Join(Environment.NewLine, lines);
    }

    private static string Name(string name)
    {
        var shown = VisibleText.CutToColumns(name, NameWidth - 1);
        return shown + new string(' ', NameWidth - VisibleText.ColumnsOf(shown));
    }
}
