using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Conformer.Cli.Sweeping.Report;

/// <summary>One page with all trials: a plot with parallel coordinates, drawn by Apache ECharts, and a table. It loads nothing.</summary>
internal static class TrialsPage
{
    private const string Style = """
          .chart { width: 100%; height: 480px; } table { font-variant-numeric: tabular-nums; } .scroll { overflow-x: auto; }
          th, td { padding: .2rem .7rem; text-align: right; white-space: nowrap; } tr.Pruned, tr.Failed { color: GrayText; }
          tr.best { font-weight: bold; } tr.outside { opacity: .25; } td.error { white-space: normal; text-align: left; min-width: 20rem; }

        """;

    private const string Content = """
        <p id="summary"></p>
        <div id="chart" class="chart" role="img" aria-label="Parallel coordinates: one line for each trial through its settings and its metric; the table below has the same values"></div>
        <p>Drag along an axis to select trials by a range; click the axis to clear it. Thin lines are trials that were pruned: ended early, being worse than others.</p>
        <div class="scroll"><table><thead></thead><tbody></tbody></table></div>

        """;

    /// <param name="trials">The trials.</param>
    /// <param name="space">What was swept; gives the axes' ranges.</param>
    /// <param name="metric">What models were judged by.</param>
    /// <param name="best">The best trial, which may be one that the end of the sweep cut short, or null.</param>
    public static string Format(
        IReadOnlyList<TrialRecord> trials, SearchSpace<ConformerSweepOptions> space, MulticlassClassificationMetric metric, BestTrial? best)
    {
        var names = space.Keys.Order(StringComparer.Ordinal).ToList();
        var data = new
        {
            Metric = metric.Text(),
            LowerIsBetter = metric == MulticlassClassificationMetric.LogLoss,
            BestId = best?.Id,
            BestMetric = best?.Metric,
            IsCutShort = best?.IsCutShort ?? false,
            Axes = names.Select(name => Axis(name, space[name])),
            Trials = trials.Select(trial => new
            {
                trial.Id,
                trial.Outcome,
                trial.Metric,
                trial.Seconds,
                Epochs = trial.Curve.Count,
                Error = SweptValues.Error(trial),
                HasPart = names.Select(name => SweptValues.WithPart(trial.Parameter).Any(value => value.Key == name)),
                Values = names.Select(name => Value(name, SweptValues.Of(trial.Parameter).GetValueOrDefault(name))),
            }),
        };
        return HtmlPage.End(HtmlPage.Begin("Trials of a sweep", Style, hasScripts: true)
            .Append(Content).Append(ChartPage.Scripts(data, "TrialsPage.js")));
    }

    private static object? Value(string name, Parameter? value) =>
        value?.ParameterType == ParameterType.String ? SweptValues.Text(name, value) : value;

    private static object Axis(string name, OptionBase option) => option switch
    {
        UniformNumericOption range =>
            new { Name = SweptValues.OptionName(name), Type = range.LogBase ? "log" : "value", range.Min, range.Max },
        ChoiceOption choice => new
        {
            Name = SweptValues.OptionName(name),
            Type = "category",
            Data = choice.Choices.Select(one => SweptValues.Text(name, one)),
        },
        _ => new { Name = SweptValues.OptionName(name), Type = "value" },
    };
}
