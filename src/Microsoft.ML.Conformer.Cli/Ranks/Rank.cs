using System.Globalization;
using System.Runtime.InteropServices;

namespace Conformer.Cli.Ranks;

/// <summary>This process among those that one mpirun started with the same arguments.</summary>
internal static class Rank
{
    /// <summary>All ranks are to end within ten seconds.</summary>
    private const int MostInTurn = 12;

    private static readonly TimeSpan _rankZerosTime = TimeSpan.FromSeconds(3), _eachRanksTime = TimeSpan.FromSeconds(0.25);

    /// <summary>From 0 on; null where no mpirun started the process.</summary>
    public static int? Number { get; } = Variable("OMPI_COMM_WORLD_RANK");

    /// <summary>How many mpirun started; 1 where none did.</summary>
    public static int Count { get; } = Variable("OMPI_COMM_WORLD_SIZE") ?? 1;

    public static bool IsOther => Number > 0;

    /// <summary>What begins the line of an error.</summary>
    public static string Error => IsOther ? $"error (rank {Number})" : "error";

    /// <summary>What stands before a command that as many ranks carry out.</summary>
    public static string CommandOf(int ranks) => ranks > 1 ? $"mpirun -n {ranks} --bind-to none " : "";

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
            await Task.Delay(_rankZerosTime + (Math.Min(rank, MostInTurn) * _eachRanksTime), end.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static int? Variable(string name) => int.TryParse(
        Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
