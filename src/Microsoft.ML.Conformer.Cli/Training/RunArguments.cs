using System.CommandLine;
using System.CommandLine.Parsing;

namespace Conformer.Cli.Training;

/// <summary>The options of all commands that train: where the run's folder is, and what is kept in it.</summary>
internal static class RunArguments
{
    private static readonly Option<string?> _output = new("--output")
    {
        Description = "Folder of the run. Default: a new one in --runs.",
        HelpName = "FOLDER",
    };

    private static readonly Option<string> _runs = new("--runs")
    {
        Description = "Folder of runs.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => RunFolder.Default,
    };

    private static readonly Option<double?> _checkpointMinutes = new Option<double?>("--checkpoint-minutes")
    {
        Description = "Minutes from one checkpoint to the next. Default: 10.",
    }.Between(0.01, 100_000);

    private static readonly Option<bool> _keepCheckpoints = new("--keep-checkpoints")
    {
        Description = "Keep the checkpoints of a run that has ended; they are several times as large as the model.",
    };

    /// <summary>Those of a run's configuration.</summary>
    public static IEnumerable<Option> Configured => [_checkpointMinutes, _keepCheckpoints];

    /// <summary>Adds those that say where a run is, and that it goes on.</summary>
    /// <param name="command">The command.</param>
    /// <param name="notResumed">Further options that a run which goes on does not take.</param>
    public static void AddFolders(Command command, params IEnumerable<Option> notResumed)
    {
        Option[] refused = [_output, _runs, .. notResumed];
        foreach (var option in (Option[])[_output, _runs, ResumeOption.Instance])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(ResumeOption.Instance) is not null && result.Children.OfType<OptionResult>().FirstOrDefault(one =>
                    !one.Implicit && (refused.Contains(one.Option) || ConfigurationOption.Is(one.Option))) is { } other)
                result.AddError(
                    $"{ResumeOption.Instance.Name} goes on in the run's own folder and with its own options; " +
                    $"leave out {other.Option.Name}.");
        });
    }

    public static bool KeepsCheckpoints(ParseResult parsed) => parsed.GetValue(_keepCheckpoints);

    /// <summary>Makes the folder of a run, and tells the trainer of it; other ranks make none.</summary>
    /// <returns>The settings with the folder, and whether this is another rank than 0.</returns>
    public static (T Settings, bool IsOther) Begin<T>(ParseResult parsed, T settings) where T : RunSettings
    {
        ResultFiles.PrepareTemporaryFolder();
        var (training, resumed) = (settings.Common, parsed.GetValue(ResumeOption.Instance));
        var isOther = Rank.IsOther && training.Distributed == DistributedTraining.Auto;
        // The trainers want names of folders on all ranks, though they make them on rank 0 alone.
        var run = isOther ? new RunFolder(parsed.GetRequiredValue(_runs)) : Folder(parsed, settings.Data, resumed);
        (training.Checkpoints.Folder, training.Checkpoints.Resume, training.Records.Folder) = (run.Checkpoints, resumed is not null, run.Path);
        training.Checkpoints.Every = parsed.GetValue(_checkpointMinutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : null;
        (training.OnCancel, training.OnDivergence) = (EarlyEnd.ReturnBest, EarlyEnd.ReturnBest);
        return (settings with { Run = run, Resumes = resumed is not null }, isOther);
    }

    private static RunFolder Folder(ParseResult parsed, string? data, string? resumed)
    {
        if (resumed is not null)
        {
            var run = new RunFolder(Path.GetFullPath(resumed));
            ResultFiles.Prepare(run.Path, ResumeOption.Instance.Name);
            RunRecord.Read(run).ThrowIfItCannotGoOn(ResumeOption.Instance.Name);
            return run;
        }
        if (parsed.GetValue(_output) is not { } output)
            return RunFolder.Next(parsed.GetRequiredValue(_runs), RunFolder.NameFor(data));
        ResultFiles.Prepare(output, _output.Name);
        var folder = new RunFolder(Path.GetFullPath(output));
        return !folder.HoldsRun ? folder : throw new ArgumentException(
            $"{_output.Name}: '{VisibleText.OfPath(output)}' holds a run already. Name another folder, remove that one, or go on with an " +
            $"interrupted run by {ResumeOption.Instance.Name}.");
    }
}
