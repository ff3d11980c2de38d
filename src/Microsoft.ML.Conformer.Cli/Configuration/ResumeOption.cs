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
}
