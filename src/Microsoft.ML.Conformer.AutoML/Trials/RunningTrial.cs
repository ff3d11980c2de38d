using System.Diagnostics;
using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML.Trials;

/// <summary>A trial under way: follows its validation curve and ends it at a rung where it is not among the best.</summary>
internal sealed class RunningTrial : IProgress<TrainingProgress>
{
    private readonly int _id;
    private readonly TrialMetric _metric;
    private readonly SuccessiveHalving? _pruning;
    private readonly IProgress<TrialProgress>? _progress;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<EpochFigures> _curve = [];
    private RungScore _best = RungScore.Worst;
    private volatile bool _isPruned, _isGivenUp;

    public RunningTrial(TrialSettings settings, TrialMetric metric, SuccessiveHalving? pruning, IProgress<TrialProgress>? progress)
    {
        (_id, _metric, _pruning, _progress) = (settings.TrialId, metric, pruning, progress);
        Watch = new TrialWatch(this, settings.TrialId);
    }

    public TrialWatch Watch { get; }

    /// <summary>The epochs that it is meant to have; 0 until training begins.</summary>
    public int Epochs { get; private set; }

    public IReadOnlyList<EpochFigures> Curve => _curve;

    public TimeSpan Elapsed => _clock.Elapsed;

    public bool IsPruned => _isPruned;

    /// <summary>The metric's best value on the curve; the curve must have a point.</summary>
    public double BestMetric => _curve.Select(_metric.Of).MinBy(_metric.Loss);

    /// <summary>Ends it from outside; nothing that it reports afterwards counts.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        Watch.Stop();
    }

    public void Report(TrainingProgress value)
    {
        if (_isGivenUp)
            return;
        Epochs = value.Epochs;
        if (value is { EpochEnded: true, ValidationAccuracy: { } accuracy, ValidationLoss: { } loss })
            Extend(new EpochFigures(accuracy, loss));
        _progress?.Report(new TrialProgress(_id, value));
        if (_isPruned)
            Watch.Stop();
    }

    public static void Replay(TrialRecord record, TrialMetric metric, SuccessiveHalving pruning)
    {
        var trial = new RunningTrial(new TrialSettings(), metric, pruning, null) { Epochs = record.Epochs };
        foreach (var figures in record.Curve)
            trial.Extend(figures);
    }

    private void Extend(EpochFigures figures)
    {
        _curve.Add(figures);
        var score = _metric.Score(figures);
        if (score.CompareTo(_best) > 0)
            _best = score;
        if (_pruning?.RungAt(_curve.Count, Epochs) is { } rung && !_pruning.Continues(rung, _best))
            _isPruned = true;
    }
}
