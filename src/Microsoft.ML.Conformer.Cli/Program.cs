// `conformer`: evaluates and explains trained image classifiers, and checks photos. See `conformer --help`.
using System.CommandLine;
using System.Globalization;
using Conformer.Cli;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var command = new RootCommand("Evaluates and explains trained image classifiers, and checks photos.")
{
    EvalCommand.Create(),
    ExplainCommand.Create(),
    CheckCommand.Create(),
};
var parsed = command.Parse(args);
// After Ctrl+C the running batch ends first.
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
return parsed.Errors.Count > 0 ? ExitCode.WrongUsage : code;
