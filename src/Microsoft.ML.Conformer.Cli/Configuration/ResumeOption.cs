using System.CommandLine;

namespace Conformer.Cli.Configuration;

/// <summary>`--resume RUN`: goes on with a run, whose configuration is in its folder.</summary>
internal static class ResumeOption
{
    public static Option<string?> Instance { get; } = new("--resume")
    {
        Description = "Folder of a run that was interrupted: goes on from its newest checkpoint, with its own options.",
        HelpName = "RUN",
    };

    /// <summary>The configuration of the run to go on with; null where none was named.</summary>
    public static string? ConfigurationOf(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Contains(Instance) && parsed.GetValue(Instance) is { } run
            ? Path.Combine(run, RunFolder.ConfigurationName)
            : null;

    /// <summary>Options of a run that another command began say nothing to this one.</summary>
    /// <param name="parsed">Names the run.</param>
    /// <param name="call">The command as it is called, without the program's name.</param>
    /// <exception cref="InvalidDataException">The run is another command's, or its record cannot be read.</exception>
    public static void ThrowIfRunIsOfOther(ParseResult parsed, string call)
    {
        // Every rank comes here, so the run's lock is left to rank 0.
        if (new RunFolder(Path.GetDirectoryName(Path.GetFullPath(ConfigurationOf(parsed)!))!) is { HoldsRun: true } run
            && RunRecord.ReadAsWritten(run).Command is var begun && begun != call)
            throw new InvalidDataException(
                $"{Instance.Name}: the run is of `conformer {begun}`; `conformer {begun} {Instance.Name}` goes on with it.");
    }
}
