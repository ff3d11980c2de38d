// `conformer`: trains, evaluates, explains, exports and serves image classifiers, and detectors. See `conformer --help`.
using System.CommandLine;
using System.Globalization;
using Conformer.Cli;
using Conformer.Server;
using Spectre.Console;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
Rank.UseNoTerminal();
Console.SetError(new ErrorOutput(Console.Error));
if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Capabilities.Ansi = false;

var root = new RootCommand(
    "Trains image classifiers and detectors on photos, says how good they are and where they look, and brings them to where they are " +
    "used.\n" +
    "Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 interrupted (after Ctrl+C training saves its best model).")
{
    TrainCommand.Create(),
    EvalCommand.Create(),
    PredictCommand.Create(),
    ExplainCommand.Create(),
    CheckCommand.Create(),
    DetectCommand.Create(),
    RunsCommand.Create(),
    SweepCommand.Create(),
    ExportCommand.Create(),
    InfoCommand.Create(),
    ServeCommand.Create(),
    CompletionCommand.Create(),
};
ConfigurationOption.AddTo(root);
HelpWidth.Set(root);
ParseResult parsed;
try
{
    parsed = ConfigurationOption.Parse(root, args is [] ? ["--help"] : args);
}
catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
{
    if (await Rank.IsToTellAsync())
        Work.Tell(Rank.Error, exception);
    return ExitCode.WrongUsage;
}
if (UsageFault.Of(parsed) is { } fault)
{
    if (await Rank.IsToTellAsync())
        Console.Error.WriteLine($"{Rank.Error}: {fault}");
    return ExitCode.WrongUsage;
}
// After Ctrl+C the running step or batch ends first, and training saves its best model.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
