using System.Runtime.InteropServices;

namespace Conformer.Cli.Terminal;

/// <summary>SIGUSR1, which stops work as Ctrl+C does: mpirun passes it on to all ranks, and waits for them.</summary>
internal static class StopSignal
{
    /// <summary>.NET has no name for it; Linux's number.</summary>
    private const PosixSignal User1 = (PosixSignal)10;

    private static readonly Lock _lock = new();

    /// <summary>
    /// Kept to the end of the process: a rank that is done still waits for the others, and would be killed by the signal otherwise.
    /// </summary>
    private static PosixSignalRegistration? _registration;

    private static CancellationTokenSource? _running;

    /// <summary>Does work that the signal cancels, as a token does.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (OperatingSystem.IsLinux())
            _registration ??= PosixSignalRegistration.Create(User1, Stop);
        Set(stop);
        try
        {
            return await work(stop.Token);
        }
        finally
        {
            Set(null);
        }
    }

    private static void Set(CancellationTokenSource? running)
    {
        lock (_lock)
            _running = running;
    }

    private static void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
            _ = _running?.CancelAsync();
    }
}
