// Serves a trained Conformer over HTTP with a page to try it: see build/run.sh web --help.
using System.Globalization;
using System.Net.Sockets;
using FineTune;
using WebScoring;
using WebScoring.Model;
using static FineTune.ConsoleProgram;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

// The web host ends upon Ctrl+C by itself, once all requests are answered.
return await ConsoleProgram.RunAsync(CommandLine.Create(RunAsync), args, terminationTimeout: null);

static async Task<int> RunAsync(Settings settings)
{
    try
    {
        await using var app = ScoringApp.Create(settings, () =>
            new ConformerClassifier(settings.ModelPath, settings.MaxBatchSize, settings.Threads));
        var service = app.Services.GetRequiredService<ModelService>();
        await app.RunAsync();
        return service.Failure is { } failure ? Fail(failure, Failed) : Success;
    }
    catch (OperationCanceledException)
    {
        return Success; // Ctrl+C while the server was starting
    }
    // Such as no right to a port below 1024, or an address that is not this machine's.
    catch (SocketException exception)
    {
        return Fail(new IOException($"Cannot listen on {settings.Urls ?? "the configured addresses"}: {exception.Message}", exception), Failed);
    }
    // Such as an address that is in use, or no certificate for https.
    catch (Exception exception) when (exception is IOException or InvalidOperationException)
    {
        return Fail(exception, Failed);
    }
}
