// `conformer`: evaluates and explains trained image classifiers, and checks photos. See `conformer --help`.
using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using Conformer.Cli;
using Conformer.Cli.Exporting;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var command = new RootCommand("Evaluates and explains trained image classifiers, and checks photos.")
{
    EvalCommand.Create(),
    ExplainCommand.Create(),
    CheckCommand.Create(),
    ExportCommand.Create(),
    InfoCommand.Create(),
};
// Without a terminal, too; its last column stays free, as lines end in a space.
command.Options.OfType<HelpOption>().Single().Action = new HelpAction { MaxWidth = 79 };
var parsed = command.Parse(args is [] ? ["--help"] : args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        Console.Error.WriteLine($"error: {VisibleText.Cut(error.Message.ReplaceLineEndings(" "), maxLength: 1000)}");
    return ExitCode.WrongUsage;
}
// After Ctrl+C the running batch ends first.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
