using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>A report as comma-separated values (RFC 4180).</summary>
internal static class DetectionReportCsv
{
    /// <summary>What stands in the place of a class where all are meant.</summary>
    private const string All = "";

    public static string Of(DetectionReport report)
    {
        var (figures, kinds) = (DetectionReportText.Figures, DetectionReportText.Kinds);
        var csv = new StringBuilder();
        Line(["of", "class", "objects", "detections", .. figures.Select(one => one.Name), .. kinds.Select(kind => kind.Name)]);
        foreach (var (name, metrics) in DetectionReportText.Parts(report))
        {
            Line([name, All, metrics.ObjectCount, metrics.DetectionCount, .. Values(metrics), .. Counts(report.Mistakes)]);
            foreach (var (one, mistakes) in metrics.Classes.Zip(report.ClassMistakes))
                Line([name, one.Name, one.ObjectCount, one.DetectionCount, .. Values(one), .. Counts(mistakes)]);
        }
        return csv.ToString();

        IEnumerable<object?> Values(DetectionFigures of) => figures.Select(figure => (object?)figure.Of(of));
        IEnumerable<object> Counts(DetectionMistakes of) => kinds.Select(kind => (object)kind.Of(of));
        void Line(IEnumerable<object?> cells) => csv.AppendJoin(',', cells.Select(cell => CsvRow.Quoted(
            Convert.ToString(cell, CultureInfo.InvariantCulture)))).Append("\r\n");
    }
}
