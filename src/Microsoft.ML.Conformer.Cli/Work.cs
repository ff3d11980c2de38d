using System.Runtime.InteropServices;

namespace Conformer.Cli;

/// <summary>Does a command's work; what the user can mend is an error of one line.</summary>
internal static class Work
{
    private const int MaxErrorLength = 4000;

    /// <param name="prepare">Opens what the arguments name; where this fails, they are wrong.</param>
    /// <param name="run">The work with it; gives the exit code.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync<T>(Func<T> prepare, Func<T, int> run) => RunAsync(prepare, opened => Task.FromResult(run(opened)));

    /// <inheritdoc cref="RunAsync{T}(Func{T}, Func{T, int})"/>
    public static async Task<int> RunAsync<T>(Func<T> prepare, Func<T, Task<int>> run)
    {
        var failed = ExitCode.WrongUsage;
        try
        {
            return await Task.Run(async () =>
            {
                var prepared = prepare();
                using (prepared as IDisposable)
                {
                    failed = ExitCode.Failed;
                    return await run(prepared);
                }
            });
        }
        catch (OperationCanceledException)
        {
            if (!Rank.IsOther)
                Console.Error.WriteLine("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (CanBeMended(exception)
            // of libtorch, such as a GPU's lack of memory, and where a native library is missing
            || exception is ExternalException or NotSupportedException or TypeInitializationException or DllNotFoundException)
        {
            // What goes wrong in a type initializer is told by the exception within only.
            while (exception is TypeInitializationException { InnerException: { } cause })
                exception = cause;
            if (await Rank.IsToTellAsync())
                Tell(Rank.Error, exception);
            // Weights are an argument, whatever has been done before they are looked at.
            return exception is WeightMismatchException ? ExitCode.WrongUsage : failed;
        }
    }

    /// <summary>Opens what an argument names; the error names the argument.</summary>
    public static T Open<T>(string argument, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (Exception exception) when (CanBeMended(exception))
        {
            throw new ArgumentException($"{argument}: {exception.Message}", exception);
        }
    }

    /// <summary>Writes what went wrong on a line of the error output; of weights that do not fit, a few more say what does not.</summary>
    public static void Tell(string what, Exception exception)
    {
        var lines = exception is WeightMismatchException ? exception.Message.Split(Environment.NewLine)
            : [exception.Message.ReplaceLineEndings(" ")];
        foreach (var (index, line) in lines.Index())
            Console.Error.WriteLine((index == 0 ? $"{what}: " : "") + VisibleText.Cut(CommandWords.Of(line), MaxErrorLength));
    }

    private static bool CanBeMended(Exception exception) => exception is ArgumentException or InvalidOperationException
        or InvalidDataException or FormatException or IOException or UnauthorizedAccessException or InsufficientMemoryException
        or TimeoutException or WeightMismatchException;
}
