using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping.Report;

/// <summary>The result of a sweep: publishes the best model, and says how good it is and how to train it once more.</summary>
internal sealed class SweepReport
{
    private const int RoomForTrials = 10;

    private readonly SweepSettings _settings;
    private readonly Sweep _sweep;
    private readonly BestTrial _best;
    private readonly BestConfiguration _configuration;
    private readonly SavedModel _model;
    private readonly double? _heldOut, _heldOutOfDefaults;

    public SweepReport(SweepSettings settings, Sweep sweep, BestTrial best)
    {
        (_settings, _sweep, _best) = (settings, sweep, best);
        // First of all, so that nothing that goes wrong later costs the sweep.
        _model = sweep.Models.Publish(best.Id);
        _configuration = new BestConfiguration(settings, best.Parameter);
        _configuration.Save();
        _heldOut = sweep.EvaluateHeldOut(best.Id);
        _heldOutOfDefaults = best.Id == BestModels.DefaultsId ? null : sweep.EvaluateHeldOut(BestModels.DefaultsId);
    }

    public void Write(Action<string> write)
    {
        var metric = _settings.Metric.Text();
        write($"best-trial: {_best.Id}");
        write($"validation-{metric}: {_best.Metric:0.0000}");
        if (_heldOutOfDefaults is { } defaults)
            write($"held-out-{metric}-of-defaults: {defaults:0.0000}");
        if (_heldOut is { } heldOut)
            write($"held-out-{metric}: {heldOut:0.0000}");
        write($"best-options: {_configuration.CommandLine}");
        foreach (var (what, file) in (ReadOnlySpan<(string, string)>)[
            ("model", _model.Zip), ("onnx", _model.Onnx), ("configuration", _configuration.Path)])
            write($"{what}: {VisibleText.OfPath(file)}");
        foreach (var line in CutShort())
            write(line);
    }

    public void PrintJson() => Facts.PrintJson(new
    {
        BestTrial = _best.Id,
        Metric = _settings.Metric.Text(),
        Validation = _best.Metric,
        HeldOut = _heldOut,
        HeldOutOfDefaults = _heldOutOfDefaults,
        _best.EpochsTrained,
        _best.Epochs,
        _best.IsCutShort,
        Settings = SweptValues.WithPart(_best.Parameter).ToDictionary(
            value => SweptValues.OptionName(value.Key), value => SweptValues.Exact(value.Value)),
        Trials = _sweep.Journal.Records.CountBy(trial => trial.Outcome).ToDictionary(one => ArgumentChecks.WordOf(one.Key), one => one.Value),
        TrialSeconds = _sweep.Pace.Trial?.TotalSeconds,
        Model = _model.Zip,
        Onnx = _model.Onnx,
        Configuration = _configuration.Path,
        Table = _settings.File("trials.csv"),
        Page = _settings.File("trials.html"),
    });

    private IEnumerable<string> CutShort()
    {
        if (!_best.IsCutShort)
            return [];
        var pace = _sweep.Pace.Trial is { } trial ? $" Such a trial takes about {TrialPace.Text(trial)} here: --time-budget " +
            $"{RoomForTrials * Math.Ceiling(trial.TotalSeconds)} would have room for {RoomForTrials}." : "";
        return TextTable.Wrapped(
            $"The sweep ended in trial {_best.Id}, after {_best.EpochsTrained} of its {_best.Epochs} epochs; the model is that of the best of " +
            $"them.{pace}");
    }
}
