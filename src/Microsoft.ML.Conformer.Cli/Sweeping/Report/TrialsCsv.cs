using System.Globalization;
using System.Text;
using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping.Report;

/// <summary>The trials as comma-separated values (RFC 4180), a column for each swept option.</summary>
internal static class TrialsCsv
{
    public static string Format(IReadOnlyList<TrialRecord> trials)
    {
        var values = trials.Select(trial => SweptValues.WithPart(trial.Parameter).ToDictionary()).ToList();
        var swept = values.SelectMany(trial => trial.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var csv = new StringBuilder();
        Line(["trial", "outcome", "metric", "loss", "epochs_trained", "seconds", "started_utc", .. swept.Select(SweptValues.OptionName), "error"]);
        foreach (var (trial, of) in trials.Zip(values))
        {
            Line([
                Text(trial.Id), trial.Outcome.ToString(), Text(trial.Metric), Text(trial.Loss), Text(trial.Curve.Count),
                Text(trial.Seconds, "0.###"), Text(trial.StartedAtUtc, "s"),
                .. swept.Select(name => of.TryGetValue(name, out var value) ? Text(SweptValues.Exact(value)) : ""),
                SweptValues.Error(trial),
            ]);
        }
        return csv.ToString();

        void Line(IEnumerable<string?> cells) => csv.AppendJoin(',', cells.Select(CsvRow.Quoted)).Append("\r\n");
    }

    private static string? Text(object? value, string? format = null) =>
        value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString();
}
