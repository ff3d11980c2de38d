using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.ML.AutoML;

namespace Microsoft.ML.Conformer.AutoML.Trials;

/// <summary>
/// Runs the trials of an experiment on several ranks, in rounds of one for each. All ranks have the same experiment, whose tuner proposes
/// the same trials to all: a rank trains its own, and when all have, all learn how the round went.
/// </summary>
/// <remarks>
/// AutoML wants a trial's result before it proposes the next one, so that it gets one without a meaning: its tuner must be one that does
/// not learn from results, and the monitor is told by this class. The token of the trainer's options must be the ranks'.
/// </remarks>
/// <param name="runner">Trains; with a copy of the journal, and no limit to the failures at first.</param>
/// <param name="journal">That of the ranks.</param>
/// <param name="ranks">Those that run trials.</param>
internal sealed class TrialRounds(ConformerTrialRunner runner, TrialJournal journal, RankGroup ranks) : ITrialRunner
{
    private static readonly int _maxFailuresAtFirst = new ConformerTrialOptions().MaxFailuresAtFirst;

    private readonly List<TrialSettings> _round = [];
    private readonly CancellationTokenSource _end = new();
    private EndedTrial? _own;
    private ExceptionDispatchInfo? _failure;
    private double _leastLoss = journal.Best?.Loss ?? double.PositiveInfinity;
    private bool _hasResult;
    private int _failures;

    /// <summary>Is told of all ranks' trials; null where nobody looks.</summary>
    public IMonitor? Monitor { get; init; }

    /// <summary>Called on each rank at the end of a round that had the best trial so far; its rank has saved the model.</summary>
    public required Action<ConformerTrialResult> BestFound { get; init; }

    /// <summary>Ends the experiment, on all ranks after the same round.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Takes a trial: one in as many as there are ranks is this one's.</summary>
    public async Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct)
    {
        try
        {
            var known = runner.Known(settings);
            Monitor?.ReportRunningTrial(settings);
            if (known is not null)
            {
                runner.Learn(known);
                Report(settings, new EndedTrial(known, IsCutShort: false), isRecalled: true);
            }
            else
            {
                _round.Add(settings);
                if (_round.Count == ranks.All.Rank + 1)
                    _own = await TrainAsync(settings);
                if (_round.Count == ranks.All.Size)
                    EndRound();
            }
        }
        catch (Exception exception) // AutoML passes over a trial's
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            await _end.CancelAsync();
        }
        return new TrialResult { TrialSettings = settings };
    }

    /// <summary>Ends the round that the experiment's end found under way.</summary>
    public void EndRound()
    {
        _failure?.Throw();
        if (_round.Count == 0)
            return;
        var ended = ranks.All.Gather(JsonSerializer.SerializeToUtf8Bytes(_own, TrialJournal.Json), "the end of a round of trials")
            .Select(json => JsonSerializer.Deserialize<EndedTrial?>(json, TrialJournal.Json)).ToList();
        ConformerTrialResult? best = null;
        for (var rank = 0; rank < _round.Count; rank++)
            if (ended[rank] is { } trial)
                best = Take(_round[rank], trial, rank == ranks.All.Rank) ?? best;
        if (best is not null)
            BestFound(best);
        _round.Clear();
        _own = null;
        if (ranks.All.GatherOne(ranks.Cancellation.IsCancellationRequested, "the end of a round of trials").Contains(true)
            || (!_hasResult && _failures > _maxFailuresAtFirst))
            _end.Cancel();
    }

    /// <summary>Does nothing: AutoML disposes the runner after each trial.</summary>
    public void Dispose()
    {
    }

    /// <summary>Trains a trial; null where it was ended before its first epoch was.</summary>
    private async Task<EndedTrial?> TrainAsync(TrialSettings settings)
    {
        try
        {
            var result = await runner.TrainAsync(settings, CancellationToken.None);
            return new EndedTrial(result.Record!, result.IsCutShort);
        }
        catch (TrialFailedException failed)
        {
            return new EndedTrial(failed.Record!, IsCutShort: false);
        }
        catch (Exception) when (ranks.Cancellation.IsCancellationRequested)
        {
            return null; // where another rank failed, the end of the round says so
        }
    }

    /// <summary>Takes a rank's trial into account; gives its result where it is the best so far.</summary>
    private ConformerTrialResult? Take(TrialSettings settings, EndedTrial trial, bool isOwn)
    {
        var record = trial.Record;
        if (record.Parameter.ToString() != settings.Parameter.ToString())
            throw new InvalidOperationException(
                $"The ranks' tuners proposed different settings for trial {settings.TrialId}. Start all by one mpirun, with the same " +
                "program and options.");
        if (!isOwn)
        {
            runner.Learn(record);
            if (!trial.IsCutShort)
                journal.Append(record);
        }
        if (record.Outcome == TrialOutcome.Failed)
            _failures++;
        var result = Report(settings, trial);
        if (record.Outcome != TrialOutcome.Finished || !(record.Loss < _leastLoss))
            return null;
        _leastLoss = record.Loss.Value;
        return result;
    }

    private ConformerTrialResult? Report(TrialSettings settings, EndedTrial trial, bool isRecalled = false)
    {
        if (trial.Record.Outcome == TrialOutcome.Failed)
        {
            Monitor?.ReportFailTrial(settings, new TrialFailedException(trial.Record.Error ?? "The trial failed."));
            return null;
        }
        _hasResult = true;
        var result = ConformerTrialResult.Of(trial.Record, settings, trial.IsCutShort, isRecalled);
        Monitor?.ReportCompletedTrial(result);
        return result;
    }

    /// <summary>How a rank's trial ended.</summary>
    private sealed record EndedTrial(TrialRecord Record, bool IsCutShort);
}
