using System.Globalization;
using System.Runtime.InteropServices;

namespace Conformer.Cli.Ranks;

/// <summary>This process among those that one mpirun started with the same arguments.</summary>
internal static class Rank
{
    private static readonly TimeSpan _rankZerosTime = TimeSpan.FromSeconds(3), _eachRanksTime = TimeSpan.FromSeconds(0.25);

    /// <summary>From 0 on; null where no mpirun started the process.</summary>
    public static int? Number { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_RANK"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number : null;

    public static bool IsOther => Number > 0;

    /// <summary>What begins the line of an error.</summary>
    public static string Error => IsOther ? $"error (rank {Number})" : "error";

    /// <summary>mpirun gives each process a terminal that is not the user's, where no cursor is to be moved.</summary>
    public static void UseNoTerminal()
    {
        if (Number is not null)
            Environment.SetEnvironmentVariable("TERM", "dumb");
    }

    /// <summary>
    /// Whether this rank should say what went wrong. Rank 0 does at once. The others leave it and the ranks before them the time to say it,
    /// for it seldom goes wrong on one alone: when one ends, mpirun ends all.
    /// </summary>
    public static async Task<bool> IsToTellAsync()
    {
        if (Number is not { } rank || rank == 0)
            return true;
        using var end = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => end.Cancel());
        try
        {
            await Task.Delay(_rankZerosTime + rank * _eachRanksTime, end.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
