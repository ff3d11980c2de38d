using System.Runtime.InteropServices;

namespace Conformer.Cli.Terminal;

/// <summary>SIGUSR1, which stops work as Ctrl+C does: mpirun passes it on to all ranks, and waits for them.</summary>
internal static class StopSignal
{
    /// <summary>.NET has no name for it; Linux's number.</summary>
    private const PosixSignal User1 = (PosixSignal)10;

    /// <summary>Does work that the signal cancels, as a token does.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var signal = !OperatingSystem.IsLinux() ? null : PosixSignalRegistration.Create(User1, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        return await work(stop.Token);
    }
}
