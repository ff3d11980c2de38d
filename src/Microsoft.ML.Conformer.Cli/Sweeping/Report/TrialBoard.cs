using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping.Report;

/// <summary>Shows how the trials stand, as AutoML and the trial runner tell; the best one so far has a star.</summary>
internal sealed class TrialBoard(LiveLines lines, MulticlassClassificationMetric metric) : IMonitor, IProgress<TrialProgress>
{
    private const string Indent = "       ";

    private readonly Lock _lock = new();
    private readonly List<Row> _rows = [];
    private double _leastLoss = double.PositiveInfinity;

    public static IReadOnlyList<TextColumn> Columns(MulticlassClassificationMetric metric) =>
    [
        new("trial", 5, IsNumber: true), new("state", 18), new("epochs", 11, IsNumber: true), new(metric.Text(), 14, IsNumber: true),
        new("seconds", 9, IsNumber: true),
    ];

    public void ReportRunningTrial(TrialSettings settings)
    {
        lock (_lock)
        {
            _rows.Add(new Row(settings));
            Show(_rows[^1]);
        }
    }

    public void Report(TrialProgress value) => Change(value.TrialId, row =>
    {
        var training = value.Training;
        row.Epochs = EpochRows.EpochsOf(training);
        row.Seconds = training.Elapsed.TotalSeconds;
        row.Metric = (metric switch
        {
            MulticlassClassificationMetric.MacroAccuracy => training.ValidationMacroAccuracy,
            MulticlassClassificationMetric.LogLoss => training.ValidationLoss,
            _ => training.ValidationAccuracy,
        }) ?? row.Metric;
    });

    public void ReportCompletedTrial(TrialResult result) => Change(result.TrialSettings.TrialId, row =>
    {
        (row.Metric, row.Seconds) = (result.Metric, result.DurationInMilliseconds / 1000);
        if (result is not ConformerTrialResult trial)
            return;
        row.State = (trial.Outcome == TrialOutcome.Pruned ? "pruned" : trial.IsCutShort ? "ended early" : "finished") +
            (trial.IsRecalled ? ", recalled" : "");
        row.Epochs = $"{trial.EpochsTrained}/{trial.Epochs}";
        row.IsBest = trial.Outcome == TrialOutcome.Finished && trial.Loss < _leastLoss;
        _leastLoss = row.IsBest ? trial.Loss : _leastLoss;
    });

    public void ReportBestTrial(TrialResult result)
    {
        // Told at the end: the trial's line is written already.
    }

    public void ReportFailTrial(TrialSettings settings, Exception? exception = null) => Change(settings.TrialId, row =>
    {
        row.State = "failed";
        var cause = exception is TrialFailedException { InnerException: { } inner } ? inner : exception;
        row.Error = cause is null ? null : VisibleText.Reason(cause);
    });

    private void Change(int trialId, Action<Row> change)
    {
        lock (_lock)
        {
            if (_rows.FindLast(row => row.Settings.TrialId == trialId) is not { } row)
                return;
            change(row);
            Show(row);
        }
    }

    private void Show(Row row)
    {
        string[] cells =
        [
            $"{row.Settings.TrialId}", row.State, row.Epochs ?? "", $"{(row.IsBest ? "*" : "")}{row.Metric:0.0000}", $"{row.Seconds:0.0}",
        ];
        if (row.State == Row.Running)
        {
            lines.Show(cells);
            return;
        }
        lines.Add(cells);
        string?[] below = [row.Error is { } error ? CommandWords.Of(error) : null, SweptValues.Describe(row.Settings.Parameter)];
        foreach (var line in below.OfType<string>().SelectMany(text => TextTable.Wrapped(text, Indent)))
            lines.AddBelow(line);
    }

    private sealed class Row(TrialSettings settings)
    {
        public const string Running = "running";

        public TrialSettings Settings => settings;

        public string State { get; set; } = Running;

        /// <summary>Epochs trained so far, and in all.</summary>
        public string? Epochs { get; set; }

        /// <summary>The metric, of a running trial that of the last epoch that has ended.</summary>
        public double? Metric { get; set; }

        public double? Seconds { get; set; }

        public string? Error { get; set; }

        public bool IsBest { get; set; }
    }
}
