// Serves a trained Conformer over HTTP with a page to try it: see build/run.sh web --help.
using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using WebScoring;
using WebScoring.Model;

const int Success = 0, Failed = 1, BadArguments = 2;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var parsed = CommandLine.Create(RunAsync).Parse(args);
foreach (var error in parsed.Errors)
    Console.Error.WriteLine($"error: {error.Message}");
return parsed.Errors.Count > 0
    ? BadArguments
    : await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null, // the web host ends upon Ctrl+C by itself, once all requests are answered
    });

static async Task<int> RunAsync(Settings settings)
{
    try
    {
        await using var app = ScoringApp.Create(settings, () => new ConformerClassifier(settings.ModelPath, settings.MaxBatchSize));
        var service = app.Services.GetRequiredService<ModelService>();
        await app.RunAsync();
        return service.Failure is { } failure ? Fail(failure) : Success;
    }
    catch (OperationCanceledException)
    {
        return Success; // Ctrl+C while the server was starting
    }
    // Such as no right to a port below 1024, or an address that is not this machine's.
    catch (SocketException exception)
    {
        return Fail(new IOException($"Cannot listen on {settings.Urls ?? "the configured addresses"}: {exception.Message}", exception));
    }
    // Such as an address that is in use, or no certificate for https.
    catch (Exception exception) when (exception is IOException or InvalidOperationException)
    {
        return Fail(exception);
    }
}

static int Fail(Exception exception)
{
    // What goes wrong in a type initializer is told by the exception within only.
    while (exception is TypeInitializationException { InnerException: { } cause })
        exception = cause;
    Console.Error.WriteLine($"error: {exception.Message.ReplaceLineEndings(" ")}");
    return Failed;
}
