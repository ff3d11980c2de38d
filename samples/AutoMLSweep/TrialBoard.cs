using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;

namespace AutoMLSweep;

/// <summary>How the trials stand, as AutoML and the trial runner tell; passes each change on to a display.</summary>
/// <param name="display">Called with the row that has changed, never at the same time on two threads.</param>
internal sealed class TrialBoard(Action<TrialRow> display) : IMonitor, IProgress<TrialProgress>
{
    private readonly Lock _lock = new();
    private readonly List<TrialRow> _rows = [];

    public void ReportRunningTrial(TrialSettings settings)
    {
        lock (_lock)
        {
            _rows.Add(new TrialRow(settings, _rows.Count));
            display(_rows[^1]);
        }
    }

    public void Report(TrialProgress value) => Change(value.TrialId, row =>
    {
        row.Epochs = value.Training.Epochs;
        row.EpochsDone = value.Training.EpochEnded ? value.Training.Epoch : value.Training.Epoch - 1 + Fraction(value);
        row.Accuracy = value.Training.ValidationAccuracy ?? row.Accuracy;
    });

    public void ReportCompletedTrial(TrialResult result) => Change(result.TrialSettings.TrialId, row =>
    {
        row.Metric = result.Metric;
        row.Seconds = result.DurationInMilliseconds / 1000;
        if (result is not ConformerTrialResult trial)
            return;
        row.State = trial.Outcome == TrialOutcome.Pruned ? TrialState.Pruned : TrialState.Finished;
        row.EpochsDone = trial.EpochsTrained;
        row.IsRecalled = trial.IsRecalled;
    });

    public void ReportBestTrial(TrialResult result)
    {
        lock (_lock)
            foreach (var row in _rows.Where(row => row.IsBest))
            {
                row.IsBest = false;
                display(row);
            }
        Change(result.TrialSettings.TrialId, row => row.IsBest = true);
    }

    public void ReportFailTrial(TrialSettings settings, Exception? exception = null) => Change(settings.TrialId, row =>
    {
        row.State = TrialState.Failed;
        row.Error = exception?.Message.ReplaceLineEndings(" ");
    });

    private static double Fraction(TrialProgress value) => (double)value.Training.Step / Math.Max(1, value.Training.Steps);

    private void Change(int trialId, Action<TrialRow> change)
    {
        lock (_lock)
        {
            if (_rows.FindLast(row => row.Settings.TrialId == trialId) is not { } row)
                return;
            change(row);
            display(row);
        }
    }
}
