// `conformer-server`: serves a trained image classifier or object detector over HTTP with a page to try it. The program of the small
// container; `conformer serve` is the same command.
using System.CommandLine;
using System.Globalization;
using Conformer.Server;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var parsed = ServeCommand.CreateRoot().Parse(args is [] ? ["--help"] : args);
if (UsageFault.Of(parsed) is { } fault)
{
    Console.Error.WriteLine($"error: {fault}");
    return ExitCode.WrongUsage;
}
// What the host allows for requests to be answered, and a moment for the rest.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(40) });
