using System.Net.Sockets;
using Conformer.Server.Model;

namespace Conformer.Server;

/// <summary>The work of `conformer serve`: opens the model, then listens until it is told to stop.</summary>
internal static class Serving
{
    private const int Failed = 1;

    /// <returns>The exit code: 0 where it was told to stop.</returns>
    public static async Task<int> RunAsync(Settings settings, CancellationToken cancellation)
    {
        var failed = ServeCommand.WrongUsage;
        try
        {
            var file = new ModelFile(settings);
            var model = await Task.Run(() => file.Open(cancellation), CancellationToken.None);
            failed = Failed;
            await using var app = ScoringApp.Create(settings, new ServedModels(model), file);
            await app.RunAsync(cancellation);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 0; // Ctrl+C while the model was opened or the server was starting
        }
        // Such as no right to a port below 1024, or an address that is not this machine's.
        catch (SocketException exception)
        {
            return Fail($"Cannot listen on {settings.Urls ?? "the configured addresses"}: {exception.Message}", Failed);
        }
        // A file that is no model; or an address that is in use, or no certificate for https.
        catch (Exception exception) when (ModelFile.IsUnusable(exception))
        {
            return Fail(exception.Message, failed);
        }
        // Such as a missing native library, which is told by the exception within only; or too little memory.
        catch (Exception exception)
        {
            while (exception is TypeInitializationException { InnerException: { } cause })
                exception = cause;
            return Fail(exception.Message, Failed);
        }
    }

    private static int Fail(string reason, int code)
    {
        Console.Error.WriteLine($"error: {VisibleText.Cut(reason.ReplaceLineEndings(" "), maxLength: 4000)}");
        return code;
    }
}
