// Serves a trained Conformer over HTTP with a page to try it: see build/run.sh web --help.
using System.Globalization;
using System.Net.Sockets;
using WebScoring;
using WebScoring.Model;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

// The web host ends upon Ctrl+C by itself, once all requests are answered.
var parsed = CommandLine.Create(RunAsync).Parse(args);
var code = await parsed.InvokeAsync(new() { ProcessTerminationTimeout = null });
return parsed.Errors.Count > 0 ? 2 : code; // wrong arguments

static async Task<int> RunAsync(Settings settings)
{
    try
    {
        await using var app = ScoringApp.Create(settings, stopping =>
            new ConformerClassifier(settings.ModelPath, settings.MaxBatchSize, settings.Threads, stopping));
        var service = app.Services.GetRequiredService<ModelService>();
        await app.RunAsync();
        return service.Failure is { } failure ? Fail(failure) : 0;
    }
    catch (OperationCanceledException)
    {
        return 0; // Ctrl+C while the server was starting
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
    // What goes wrong in a type initializer, such as a missing native library, is told by the exception within only.
    while (exception is TypeInitializationException { InnerException: { } cause })
        exception = cause;
    Console.Error.WriteLine($"error: {VisibleText.Reason(exception, maxLength: 4000)}");
    return 1;
}
