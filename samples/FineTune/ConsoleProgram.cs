using System.CommandLine;

namespace FineTune;

/// <summary>How the samples read their arguments and report what went wrong.</summary>
internal static class ConsoleProgram
{
    /// <summary>Exit codes.</summary>
    public const int Success = 0, Failed = 1, BadArguments = 2, Canceled = 130;

    /// <summary>Runs a command, or says what is wrong with its arguments.</summary>
    /// <param name="command">The command.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="terminationTimeout">How long the command may take to end after Ctrl+C; null where it sees to that by itself.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(RootCommand command, string[] args, TimeSpan? terminationTimeout)
    {
        var parsed = command.Parse(args);
        foreach (var error in parsed.Errors)
            Console.Error.WriteLine($"error: {error.Message}");
        return parsed.Errors.Count > 0
            ? BadArguments
            : await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = terminationTimeout,
            });
    }

    /// <summary>Writes an error on one line, and gives the exit code.</summary>
    public static int Fail(Exception exception, int exitCode)
    {
        // What goes wrong in a type initializer is told by the exception within only.
        while (exception is TypeInitializationException { InnerException: { } cause })
            exception = cause;
        Console.Error.WriteLine($"error: {exception.Message.ReplaceLineEndings(" ")}");
        return exitCode;
    }
}
