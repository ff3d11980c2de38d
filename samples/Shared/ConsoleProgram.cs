using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Files;
using Spectre.Console;

namespace Samples.Shared;

/// <summary>How the samples that train start and end.</summary>
public static class ConsoleProgram
{
    private const int Failed = 1, WrongArguments = 2, Canceled = 130, MaxErrorLength = 4000;

    /// <summary>Runs a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="timeToEnd">How long it may take to end after Ctrl+C.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(RootCommand command, string[] args, TimeSpan timeToEnd)
    {
        CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 140; // a log has no edge at which tables would have to be squeezed
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }
        var parsed = command.Parse(args);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = timeToEnd });
        return parsed.Errors.Count > 0 ? WrongArguments : code;
    }

    /// <summary>Does a command's work; what the user can mend is an error of one line.</summary>
    /// <param name="prepare">Tests what the work needs; where this fails, the arguments are wrong.</param>
    /// <param name="work">The work.</param>
    /// <param name="ifCanceled">What to say after Ctrl+C.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> TryAsync(Action prepare, Func<Task> work, Func<string> ifCanceled)
    {
        var failed = WrongArguments;
        try
        {
            prepare();
            failed = Failed;
            await Task.Run(work);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(ifCanceled());
            return Canceled;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or InvalidDataException
            or FormatException or IOException or UnauthorizedAccessException or InsufficientMemoryException or TimeoutException
            // of libtorch, such as a GPU's lack of memory, and where a native library is missing
            or ExternalException or NotSupportedException or TypeInitializationException or DllNotFoundException)
        {
            // What goes wrong in a type initializer is told by the exception within only.
            while (exception is TypeInitializationException { InnerException: { } cause })
                exception = cause;
            Console.Error.WriteLine($"error: {VisibleText.Reason(exception, MaxErrorLength)}");
            return failed;
        }
    }
}
