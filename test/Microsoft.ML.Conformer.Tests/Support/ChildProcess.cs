using System.Diagnostics;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>Other programs that tests run; none outlives <see cref="Patience.Limit"/>.</summary>
internal static class ChildProcess
{
    /// <summary>The dotnet command that runs these tests.</summary>
    public static ProcessStartInfo DotNet(params IEnumerable<string> arguments) =>
        new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="start">The program.</param>
    /// <param name="input">What it reads from its standard input.</param>
    public static (int ExitCode, string Output, string Error) Run(ProcessStartInfo start, byte[]? input = null)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            Task[] all = [output, error, SendAsync(process, input ?? []), process.WaitForExitAsync()];
            Assert.IsTrue(Task.WaitAll(all, Patience.Limit), $"'{start.FileName}' did not end within {Patience.Limit}.");
            return (process.ExitCode, output.Result, error.Result);
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>Ends a program that has not ended.</summary>
    public static void Kill(Process process)
    {
        if (process.HasExited)
            return;
        process.Kill(entireProcessTree: true);
        Assert.IsTrue(process.WaitForExit(Patience.Limit), $"Process {process.Id} goes on after it was killed.");
    }

    private static async Task SendAsync(Process process, byte[] input)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything; its exit code and its errors say why.
        }
    }
}
