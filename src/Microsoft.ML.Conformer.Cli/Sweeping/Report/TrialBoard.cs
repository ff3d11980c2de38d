using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping.Report;

/// <summary>Shows how the trials stand, as AutoML and the trial runner tell.</summary>
internal sealed class TrialBoard(LiveLines lines) : IMonitor, IProgress<TrialProgress>
{
    private readonly Lock _lock = new();
    private readonly List<Row> _rows = [];

    public static IReadOnlyList<TextColumn> Columns(string metric) =>
    [
        new("trial", 5, IsNumber: true), new("state", 8), new("epochs", 8, IsNumber: true), new("accuracy", 8, IsNumber: true),
        new(metric, 8, IsNumber: true), new("seconds", 7, IsNumber: true), new("settings", 24),
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
        var done = training.EpochEnded ? training.Epoch : training.Epoch - 1 + (double)training.Step / Math.Max(1, training.Steps);
        row.Epochs = $"{done:0.0}/{training.Epochs}";
        row.Accuracy = training.ValidationAccuracy ?? row.Accuracy;
    });

    public void ReportCompletedTrial(TrialResult result) => Change(result.TrialSettings.TrialId, row =>
    {
        row.Metric = result.Metric;
        row.Seconds = result.DurationInMilliseconds / 1000;
        if (result is not ConformerTrialResult trial)
            return;
        row.State = (trial.Outcome == TrialOutcome.Pruned ? "pruned" : "finished") + (trial.IsRecalled ? ", recalled" : "");
        row.Epochs = $"{trial.EpochsTrained}";
    });

    public void ReportBestTrial(TrialResult result)
    {
        // Told at the end: the trial's line is written already.
    }

    public void ReportFailTrial(TrialSettings settings, Exception? exception = null) => Change(settings.TrialId, row =>
    {
        row.State = "failed";
        row.Error = exception is null ? null : VisibleText.Reason(exception);
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
            $"{row.Settings.TrialId}", row.State, row.Epochs ?? "", $"{row.Accuracy:0.0000}", $"{row.Metric:0.0000}", $"{row.Seconds:0.0}",
            row.Error ?? SweptValues.Describe(row.Settings.Parameter),
        ];
        if (row.State == Row.Running)
            lines.Show(cells);
        else
            lines.Add(cells);
    }

    private sealed class Row(TrialSettings settings)
    {
        public const string Running = "running";

        public TrialSettings Settings => settings;

        public string State { get; set; } = Running;

        /// <summary>Epochs trained so far.</summary>
        public string? Epochs { get; set; }

        /// <summary>Validation accuracy of the last epoch that has ended.</summary>
        public double? Accuracy { get; set; }

        public double? Metric { get; set; }

        public double? Seconds { get; set; }

        public string? Error { get; set; }
    }
}
